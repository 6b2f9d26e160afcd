import { furtherSteps } from '../../model/further-steps.ts'
import type { NetfilterChain, Step, Verdict } from '../../model/index.ts'
import { verdictsOf } from './dispatch-verdicts.ts'

/** The chains of a table by name. */
export type Chains = ReadonlyMap<string, NetfilterChain>

/** Is there such a step among those that do more than end a chain, in a chain or in one that it leads to? */
export const leadsToStep = (
  chains: Chains,
  chain: NetfilterChain,
  isIt: (step: Step) => boolean,
): boolean => {
  for (const one of chainsFrom(chains, chain)) if (furtherSteps(one.rules).some(isIt)) return true
  return false
}

/** Does a chain lead to one of these chains or rules, or is it one of them? */
export const leadsToAny = (chains: Chains, chain: NetfilterChain, wanted: ReadonlySet<object>): boolean => {
  for (const one of chainsFrom(chains, chain))
    if (wanted.has(one) || one.rules.some((rule) => wanted.has(rule))) return true
  return false
}

/**
 * A chain and those that it leads to. The chains yet to be looked through are a list: a file may have thousands that lead
 * from one to the next, and a call for each would exhaust the stack.
 */
const chainsFrom = function* (chains: Chains, chain: NetfilterChain): Generator<NetfilterChain> {
  const seen = new Set([chain])
  const add = (verdict: Verdict): void => {
    const next = 'chain' in verdict ? chains.get(verdict.chain) : undefined
    if (next !== undefined) seen.add(next)
  }
  // A set gives what is added while it is gone through.
  for (const one of seen) {
    yield one
    for (const step of furtherSteps(one.rules))
      if (step.kind === 'verdict') add(step.verdict)
      else if (step.kind === 'dispatch') for (const verdict of verdictsOf(step.table)) add(verdict)
  }
}
