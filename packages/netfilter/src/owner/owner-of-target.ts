import type { NetfilterRule } from '../model/index.ts'
import { ownerOfChain } from './fingerprint.ts'

/** The owner of the chain that a rule jumps to. A program adds such a rule to reach its own chain. */
export const ownerOfTarget = ({ steps }: NetfilterRule): string | null => {
  for (const step of steps)
    if (step.kind === 'verdict' && 'chain' in step.verdict) return ownerOfChain(step.verdict.chain)
  return null
}
