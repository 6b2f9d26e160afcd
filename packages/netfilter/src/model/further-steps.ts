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

const isFurther = (step: Step): boolean =>
  step.kind === 'verdict' ? 'chain' in step.verdict : !asksOnly(step)

/** Whether a step asks for something of the packet, or notes it, and does nothing to it. */
export const asksOnly = ({ kind }: Step): boolean => asking.has(kind)

const asking: ReadonlySet<Step['kind']> = new Set(['note', 'compare', 'lookup', 'any-of', 'unknown-match'])
