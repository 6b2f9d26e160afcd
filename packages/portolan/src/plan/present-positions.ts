import { type NetfilterChain, type NetfilterRuleset, type NetfilterTable, ownerOf } from '@portolan/netfilter'

/**
 * Rules as they will be, numbered as they are now: a user that reads of rule 3 looks for it before anything is applied. What
 * is new keeps the number it will have.
 *
 * @internal
 */
export const withPresentPositions = (
  planned: readonly NetfilterRuleset[],
  present: readonly NetfilterRuleset[],
): readonly NetfilterRuleset[] => {
  const now = new Map(
    present.flatMap(({ tables }) => tables.map((table): [string, NetfilterTable] => [nameOf(table), table])),
  )
  return planned.map(({ tables }) => ({
    tables: tables.map((table) => {
      const before = now.get(nameOf(table))
      return before === undefined ? table : renumberTable(table, before)
    }),
  }))
}

const nameOf = ({ tool, family, name }: NetfilterTable): string => `${tool} ${family} ${name}`

const renumberTable = (table: NetfilterTable, before: NetfilterTable): NetfilterTable => {
  const chains = new Map(before.chains.map((chain) => [chain.name, chain]))
  return {
    ...table,
    chains: table.chains.map((chain) => {
      const then = chains.get(chain.name)
      return then === undefined || isAsItWas(chain, then)
        ? chain
        : renumber(table, chain, foreignRules(before, then))
    }),
  }
}

/** A jump of ours that moves changes the numbers of others, and not how many there are. */
const isAsItWas = ({ rules }: NetfilterChain, before: NetfilterChain): boolean =>
  rules.length === before.rules.length &&
  rules.every(({ source }, at) => source.text === before.rules[at]?.source.text)

const foreignRules = (table: NetfilterTable, chain: NetfilterChain): NetfilterChain['rules'] =>
  chain.rules.filter((rule) => ownerOf(table, chain, rule) !== 'portolan')

/** A plan moves no foreign rule: the first of them stays the first of them. */
const renumber = (
  table: NetfilterTable,
  chain: NetfilterChain,
  before: NetfilterChain['rules'],
): NetfilterChain => {
  let met = 0
  const rules = chain.rules.map((rule) => {
    if (ownerOf(table, chain, rule) === 'portolan') return rule
    const position = before[met]?.source.position ?? rule.source.position
    met += 1
    return { ...rule, source: { ...rule.source, position } }
  })
  return { ...chain, rules }
}
