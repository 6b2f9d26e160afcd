import type { NetfilterRule, NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'

/** The rules of a host without any of ours. */
export const withoutOurs = (rulesets: readonly NetfilterRuleset[]): readonly NetfilterRuleset[] =>
  rulesets.map(({ tables }) => ({ tables: tables.map(strip) }))

const strip = (table: NetfilterTable): NetfilterTable => ({
  ...table,
  chains: table.chains.flatMap((chain) => {
    if (ownerOf(table, chain, null) === 'portolan') return []
    const rules = chain.rules.filter((rule) => ownerOf(table, chain, rule) !== 'portolan')
    return [rules.length === chain.rules.length ? chain : { ...chain, rules }]
  }),
})

/** Does anybody but us send packets elsewhere? */
export const hasTranslations = (rulesets: readonly NetfilterRuleset[]): boolean =>
  rulesets.some(({ tables }) =>
    tables.some((table) =>
      table.chains.some((chain) =>
        chain.rules.some((rule) => translates(rule) && ownerOf(table, chain, rule) !== 'portolan'),
      ),
    ),
  )

const translates = ({ steps }: NetfilterRule): boolean =>
  steps.some(
    (step) =>
      step.kind === 'tproxy' || (step.kind === 'nat' && (step.type === 'dnat' || step.type === 'redirect')),
  )
