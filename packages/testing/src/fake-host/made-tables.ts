import type { Chain, Ruleset, Table } from '@portolan/iptables'
import type { HostRules, HostState } from 'portolan/machine'

type Made = HostState['created'][number]

const isSame = (one: { family: string; name: string }, other: { family: string; name: string }): boolean =>
  one.family === other.family && one.name === other.name

/**
 * The tables and built-in chains of iptables-nft that came into being with Portolan's rules. An empty table of
 * iptables-legacy counts as absent, and cannot be removed.
 */
export const madeTables = (before: HostRules, after: HostRules): readonly Made[] =>
  after['iptables-nft'].tables.flatMap((table): Made[] => {
    const old = before['iptables-nft'].tables.find((one) => isSame(one, table))
    const chains = table.chains.filter(
      ({ kind, name }) => kind === 'built-in' && !old?.chains.some((chain) => chain.name === name),
    )
    return chains.length === 0
      ? []
      : [
          {
            family: table.family,
            table: table.name,
            chains: chains.map(({ name }) => name),
            whole: old === undefined,
          },
        ]
  })

const isIdle = (chain: Chain): boolean =>
  chain.kind === 'built-in' &&
  chain.rules.length === 0 &&
  (chain.policy === null || chain.policy === 'ACCEPT')

/** The rules without these tables and chains, except where another program uses them by now. */
export const withoutMade = (rules: HostRules, made: readonly Made[]): HostRules => {
  if (made.length === 0) return rules
  const before: Ruleset = rules['iptables-nft']
  const tables = before.tables.flatMap((table): Table[] => {
    const own = made.filter((one) => one.family === table.family && one.table === table.name)
    const names = own.flatMap(({ chains }) => chains)
    const chains = table.chains.filter((chain) => !(names.includes(chain.name) && isIdle(chain)))
    const isGone = own.some(({ whole }) => whole) && chains.length === 0
    return isGone ? [] : [chains.length === table.chains.length ? table : { ...table, chains }]
  })
  return { ...rules, 'iptables-nft': { ...before, tables } }
}
