import { furtherSteps } from '../../model/further-steps.ts'
import type { NetfilterChain, Step, Verdict } from '../../model/index.ts'
import { verdictsOf } from './dispatch-verdicts.ts'

/** The chains of a table by name. */
export type Chains = ReadonlyMap<string, NetfilterChain>

/** Whether a chain, or one that it leads to, has such a step among its further steps. */
export const leadsToStep = (
  chains: Chains,
  chain: NetfilterChain,
  isIt: (step: Step) => boolean,
): boolean => {
  for (const one of chainsFrom(chains, chain)) if (furtherSteps(one.rules).some(isIt)) return true
  return false
}

/** Whether a chain is or has one of these chains or rules, or leads to one. */
export const leadsToAny = (chains: Chains, chain: NetfilterChain, wanted: ReadonlySet<object>): boolean => {
  for (const one of chainsFrom(chains, chain))
    if (wanted.has(one) || one.rules.some((rule) => wanted.has(rule))) return true
  return false
}

/**
 * Yields a chain and all chains that it leads to. A loop instead of recursion: a file may have thousands of chains that
 * lead from one to the next, and a call for each would exhaust the stack.
 */
const chainsFrom = function* (chains: Chains, chain: NetfilterChain): Generator<NetfilterChain> {
  const seen = new Set([chain])
  const add = (verdict: Verdict): void => {
    const next = 'chain' in verdict ? chains.get(verdict.chain) : undefined
    if (next !== undefined) seen.add(next)
  }
  // The loop also visits chains that it adds to the set.
  for (const one of seen) {
    yield one
    for (const step of furtherSteps(one.rules))
      if (step.kind === 'verdict') add(step.verdict)
      else if (step.kind === 'dispatch') for (const verdict of verdictsOf(step.table)) add(verdict)
  }
}
