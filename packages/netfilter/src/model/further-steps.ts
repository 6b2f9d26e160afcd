import type { NetfilterRule } from './ruleset.ts'
import type { Step } from './step.ts'

const known = new WeakMap<readonly NetfilterRule[], readonly Step[]>()

/**
 * The steps of rules that do more than ask for something or end the chain: jumps, and all that changes or binds a packet.
 * Of ten thousand bans there is none, and much is asked of these steps before a packet is followed. So the rules are gone
 * through once.
 */
export const furtherSteps = (rules: readonly NetfilterRule[]): readonly Step[] => {
  const found = known.get(rules)
  if (found !== undefined) return found
  const steps: Step[] = []
  for (const rule of rules) for (const step of rule.steps) if (isFurther(step)) steps.push(step)
  known.set(rules, steps)
  return steps
}

const isFurther = (step: Step): boolean => {
  switch (step.kind) {
    case 'note':
    case 'compare':
    case 'lookup':
    case 'any-of':
    case 'unknown-match':
      return false
    case 'verdict':
      return 'chain' in step.verdict
    default:
      return true
  }
}
