import type { NetfilterRuleset, NetfilterTable, Step } from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'
import { furtherSteps } from '@portolan/netfilter/analysis'

/** The rules of a host, with managed rules left out. */
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

/** Whether a foreign rule sends packets to another destination. */
export const hasTranslations = (rulesets: readonly NetfilterRuleset[]): boolean =>
  rulesets.some(({ tables }) =>
    tables.some((table) =>
      table.chains.some(
        (chain) =>
          furtherSteps(chain.rules).some(translates) &&
          chain.rules.some(
            (rule) => rule.steps.some(translates) && ownerOf(table, chain, rule) !== 'portolan',
          ),
      ),
    ),
  )

const translates = (step: Step): boolean =>
  step.kind === 'tproxy' || (step.kind === 'nat' && (step.type === 'dnat' || step.type === 'redirect'))
