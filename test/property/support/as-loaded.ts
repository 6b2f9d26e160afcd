import type * as iptables from '@portolan/iptables'

/**
 * What `iptables-restore --noflush` makes of a text with a table in it more than once, on an empty host: a chain that
 * is declared again is emptied first (iptables(8)), rules of built-in chains come together.
 */
export const asLoaded = ({ tables, trailer }: iptables.Ruleset): iptables.Ruleset => {
  const merged = new Map<string, iptables.Table>()
  for (const table of tables) {
    const key = `${table.family} ${table.name}`
    const earlier = merged.get(key)
    merged.set(key, earlier === undefined ? table : { ...table, chains: together(earlier, table) })
  }
  return { tables: [...merged.values()], trailer }
}

const together = (earlier: iptables.Table, later: iptables.Table): readonly iptables.Chain[] => {
  const chains = new Map(earlier.chains.map((chain) => [chain.name, chain]))
  for (const chain of later.chains) {
    const before = chain.kind === 'built-in' ? (chains.get(chain.name)?.rules ?? []) : []
    chains.set(chain.name, { ...chain, rules: [...before, ...chain.rules] })
  }
  return [...chains.values()]
}
