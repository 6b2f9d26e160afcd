import type { NetfilterChain, Step, Verdict } from '../../model/index.ts'
import { verdictsOf } from './dispatch-verdicts.ts'

/** The chains of a table by name. */
export type Chains = ReadonlyMap<string, NetfilterChain>

/**
 * Is there such a step in a chain, or in one that it leads to? The chains yet to be looked through are a list: a file
 * may have thousands that lead from one to the next, and a call for each would exhaust the stack.
 */
export const leadsToStep = (chains: Chains, chain: NetfilterChain, isIt: (step: Step) => boolean): boolean =>
  leadsTo(chains, chain, nothing, isIt)

/** Does a chain lead to one of these chains or rules, or is it one of them? */
export const leadsToAny = (chains: Chains, chain: NetfilterChain, wanted: ReadonlySet<object>): boolean =>
  leadsTo(chains, chain, wanted, isNone)

const leadsTo = (
  chains: Chains,
  chain: NetfilterChain,
  wanted: ReadonlySet<object>,
  isIt: (step: Step) => boolean,
): boolean => {
  const seen = new Set([chain])
  const add = (verdict: Verdict): void => {
    const next = 'chain' in verdict ? chains.get(verdict.chain) : undefined
    if (next !== undefined) seen.add(next)
  }
  // A set gives what is added while it is gone through.
  for (const one of seen) {
    if (wanted.has(one)) return true
    for (const rule of one.rules) {
      if (wanted.has(rule)) return true
      for (const step of rule.steps) {
        if (isIt(step)) return true
        if (step.kind === 'verdict') add(step.verdict)
        else if (step.kind === 'dispatch') for (const verdict of verdictsOf(step.table)) add(verdict)
      }
    }
  }
  return false
}

const nothing: ReadonlySet<object> = new Set()

const isNone = (): boolean => false
