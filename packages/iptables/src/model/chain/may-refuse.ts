import { passingTargets } from '../option/passing-targets.ts'
import type { Rule, Table } from '../ruleset.ts'

/**
 * Tells which rules of a table may keep a packet from passing, by themselves or in a chain that they lead to. Rules that
 * only accept or log do not. An unknown target does.
 */
export const mayRefuse = ({ chains }: Pick<Table, 'chains'>): ((rule: Rule) => boolean) => {
  let refusing: ReadonlySet<string> | null = null
  return (rule) => {
    const next = nextChain(rule)
    if (next === null) return refusesItself(rule)
    refusing ??= refusingChains(chains)
    return refusing.has(next)
  }
}

/** The names of the chains in which a packet may be refused. No recursion: a chain of chains may be 10,000 long. */
const refusingChains = (chains: Table['chains']): ReadonlySet<string> => {
  const refusing = new Set<string>()
  const leadingTo = new Map<string, string[]>()
  for (const { name, rules } of chains)
    for (const rule of rules) {
      const next = nextChain(rule)
      if (next === null) {
        if (refusesItself(rule)) refusing.add(name)
      } else {
        const known = leadingTo.get(next)
        if (known === undefined) leadingTo.set(next, [name])
        else known.push(name)
      }
    }
  // A set is also walked over what is added meanwhile.
  for (const name of refusing) for (const one of leadingTo.get(name) ?? []) refusing.add(one)
  return refusing
}

const nextChain = ({ target }: Rule): string | null =>
  target?.kind === 'jump' || target?.kind === 'goto' ? target.chain : null

const refusesItself = ({ target }: Rule): boolean => {
  switch (target?.kind) {
    case undefined:
      return false
    case 'verdict':
      return target.verdict === 'DROP'
    case 'extension':
      return !passingTargets.has(target.name)
    default:
      return true
  }
}
