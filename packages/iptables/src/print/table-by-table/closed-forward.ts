import { drop, inBy, outBy, returns, rule, state } from '../../model/build.ts'
import { forward, home } from '../../model/object-name.ts'
import type { Chain, Rule, Ruleset, Table } from '../../model/ruleset.ts'

/**
 * The mangle tables of a compiled ruleset, reduced to the forward chain and closed for new flows.
 *
 * iptables-restore commits table by table, so a script that is cut or interrupted leaves new tables beside old ones.
 * Old translations under new guards, or the reverse, could open ports that are closed both in the old rules and in the
 * new ones. So a script closes the forward chain first, and opens it with its last table.
 */
export const closedForward = (ruleset: Ruleset): readonly Table[] =>
  ruleset.tables.flatMap((table) => {
    const own = table.name === 'mangle' ? table.chains.find((chain) => chain.name === forward) : undefined
    if (own === undefined) return []
    const homes = table.chains.filter((chain) => chain.name === home)
    return [{ ...table, chains: [...forwardJumps(table), { ...own, rules: closedRules(own) }, ...homes] }]
  })

/** A compiled ruleset without the jump to our forward chain, which `closedForward` has added already. */
export const afterClosedForward = (ruleset: Ruleset): Ruleset => ({
  ...ruleset,
  tables: ruleset.tables.map((table) => {
    const jumps = forwardJumps(table)
    return { ...table, chains: table.chains.filter((chain) => !jumps.includes(chain)) }
  }),
})

const forwardJumps = (table: Table): readonly Chain[] =>
  table.name === 'mangle'
    ? table.chains.filter((chain) => chain.kind === 'built-in' && chain.name === 'FORWARD')
    : []

/**
 * The rules of the closed forward chain. Established flows continue, because they were let in before. Rules that name
 * no interface are kept: those against forged sources, and the guard between foreign interfaces.
 */
const closedRules = ({ rules }: Chain): readonly Rule[] => {
  const named = rules.flatMap(({ matches }) =>
    matches.flatMap((match) => (match.kind === 'in' || match.kind === 'out' ? [match.name] : [])),
  )
  return [
    rule([state('RELATED', 'ESTABLISHED')], returns),
    ...[...new Set(named)].flatMap((bridge) => [rule([inBy(bridge)], drop), rule([outBy(bridge)], drop)]),
    ...rules.filter(({ matches }) => matches.every(({ kind }) => kind !== 'in' && kind !== 'out')),
  ]
}
