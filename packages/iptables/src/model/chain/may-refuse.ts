import { passingTargets } from '../option/passing-targets.ts'
import type { Rule, Table } from '../ruleset.ts'

/**
 * Tells which rules of a table may keep a packet from passing, by themselves or in a chain that they lead to. Rules that
 * only accept or log do not. An unknown target does.
 */
export const mayRefuse = ({ chains }: Pick<Table, 'chains'>): ((rule: Rule) => boolean) => {
  const rulesOf = new Map(chains.map(({ name, rules }) => [name, rules]))
  const answers = new Map<string, boolean>()
  const inChain = (chain: string): boolean => {
    const known = answers.get(chain)
    if (known !== undefined) return known
    // The kernel has no loops, but a text may.
    answers.set(chain, false)
    const answer = (rulesOf.get(chain) ?? []).some(ofRule)
    answers.set(chain, answer)
    return answer
  }
  const ofRule = ({ target }: Rule): boolean => {
    switch (target?.kind) {
      case undefined:
        return false
      case 'verdict':
        return target.verdict === 'DROP'
      case 'jump':
      case 'goto':
        return inChain(target.chain)
      case 'extension':
        return !passingTargets.has(target.name)
      default:
        return true
    }
  }
  return ofRule
}
