// Only in iptables: its accepts stand in chains of other programs, before their policies.

import type { Family } from '@portolan/netfilter'
import { accept, outBy, rule } from '../model/build.ts'
import { findTable, type Rule, type Ruleset } from '../model/ruleset.ts'
import { isInterfaceLiteral } from './literals.ts'
import * as chains from './object-name.ts'
import { renamedChains } from './renamed-chains.ts'

/**
 * The interfaces by which what comes from our bridges leaves the host; null: by any.
 *
 * An accept of ours in iptables comes before the policy of FORWARD, and that policy is all by which Docker (up to 27)
 * guards what its containers have not published. So each interface is named, and a bridge that another engine makes
 * later is none of them.
 */
export type Leaving = readonly string[] | null

/** The rules of the chain. A name that iptables cannot write down is left out: the policy judges what leaves by it. */
export const leavingRules = (leaving: Leaving): readonly Rule[] =>
  leaving === null
    ? [rule([], accept)]
    : leaving.filter(isInterfaceLiteral).map((name) => rule([outBy(name)], accept))

/** What a ruleset says of it; `otherwise` where it has no such chain. */
export const leavingOf = (family: Family, ruleset: Ruleset, otherwise: Leaving): Leaving => {
  const found = leavingIn(ruleset, family)
  return found === undefined ? otherwise : found
}

/** Undefined where it has no such chain. */
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
