import type { NetfilterChain, Step, Verdict } from '../netfilter/index.ts'
import { verdictsOf } from './dispatch-verdicts.ts'

/** The chains of a table by name. */
export type Chains = ReadonlyMap<string, NetfilterChain>

/** Is there such a step in a chain, or in one that it leads to? */
export const leadsToStep = (
  chains: Chains,
  chain: NetfilterChain,
  isIt: (step: Step) => boolean,
  seen: Set<NetfilterChain> = new Set(),
): boolean => {
  if (seen.has(chain)) return false
  seen.add(chain)
  const leads = (verdict: Verdict): boolean => {
    const next = 'chain' in verdict ? chains.get(verdict.chain) : undefined
    return next !== undefined && leadsToStep(chains, next, isIt, seen)
  }
  return chain.rules.some(({ steps }) =>
    steps.some((step) => {
      if (isIt(step)) return true
      if (step.kind === 'verdict') return leads(step.verdict)
      return step.kind === 'dispatch' && verdictsOf(step.table).some(leads)
    }),
  )
}
