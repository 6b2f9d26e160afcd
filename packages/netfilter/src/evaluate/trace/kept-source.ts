import type { NetfilterRule, RuleSource } from '../../model/index.ts'

/** What traces and culprits name a rule by. */
export type KeptSource = Pick<RuleSource, 'position' | 'handle' | 'text' | 'counters'>

const kept = new WeakMap<NetfilterRule, KeptSource>()

/**
 * The source of a rule, read once: it may be made each time it is read, with its text, and thousands of packets are
 * told to be stopped by one rule.
 */
export const keptSource = (rule: NetfilterRule): KeptSource => {
  const known = kept.get(rule)
  if (known !== undefined) return known
  const { position, handle, text, counters } = rule.source
  const made: KeptSource = { position, handle, text, counters }
  kept.set(rule, made)
  return made
}
