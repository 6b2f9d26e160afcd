import type { NetfilterRule } from './ruleset.ts'
import type { Step } from './step.ts'

const known = new WeakMap<readonly NetfilterRule[], readonly Step[]>()

/**
 * The steps that do more than test a packet or end the chain: jumps, and steps that change or bind a packet. Ten
 * thousand bans have no such step, but many searches look for one before a packet is followed. So the rules are read
 * once, and the result is kept.
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

/** Whether a step only tests the packet, or notes it, and changes nothing. */
export const asksOnly = ({ kind }: Step): boolean => asking.has(kind)

const asking: ReadonlySet<Step['kind']> = new Set(['note', 'compare', 'lookup', 'any-of', 'unknown-match'])
