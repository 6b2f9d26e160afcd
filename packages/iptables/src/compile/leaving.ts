// Only in iptables: its accepts stand in shared chains, in front of their policies.

import type { Family } from '@portolan/netfilter'
import { accept, outBy, rule } from '../model/build.ts'
import * as chains from '../model/object-name.ts'
import { findTable, type Rule, type Ruleset } from '../model/ruleset.ts'
import { isInterfaceLiteral } from './literals.ts'
import { renamedChains } from './renamed-chains.ts'

/**
 * The interfaces by which packets from our bridges may leave the host; null: any interface.
 *
 * Our accept in iptables comes before the policy of FORWARD. Docker (up to 27) guards the unpublished ports of its
 * containers by that policy alone. So each interface is named, and a bridge that another engine makes later is not
 * among them.
 */
export type Leaving = readonly string[] | null

/**
 * The rules of the chain. An interface name that iptables cannot write is left out; the policy decides on its packets.
 */
export const leavingRules = (leaving: Leaving): readonly Rule[] =>
  leaving === null
    ? [rule([], accept)]
    : leaving.filter(isInterfaceLiteral).map((name) => rule([outBy(name)], accept))

/** The interfaces as the chain in a ruleset has them; `otherwise` when the ruleset has no such chain. */
export const leavingOf = (family: Family, ruleset: Ruleset, otherwise: Leaving): Leaving => {
  const found = leavingIn(ruleset, family)
  return found === undefined ? otherwise : found
}

/** The interfaces as the chain has them; undefined when the ruleset has no such chain. */
const leavingIn = (ruleset: Ruleset, family: Family): Leaving | undefined => {
  const table = findTable(ruleset, family, 'filter')
  if (table === undefined) return undefined
  const renamed = renamedChains(table)
  const chain = table.chains.find(({ name }) => (renamed.get(name) ?? name) === chains.leave)
  if (chain === undefined) return undefined
  const names: string[] = []
  for (const { matches, target } of chain.rules) {
    if (target?.kind !== 'verdict' || target.verdict !== 'ACCEPT') continue
    const [match, ...more] = matches
    if (match === undefined) return null
    if (match.kind === 'out' && !match.negated && more.length === 0 && isInterfaceLiteral(match.name))
      names.push(match.name)
  }
  return names
}
