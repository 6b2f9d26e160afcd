import type { NetfilterRule, RuleSource } from '../../model/index.ts'

/** The parts of a rule's source that traces and culprits show. */
export type KeptSource = Pick<RuleSource, 'position' | 'handle' | 'text' | 'counters'>

const kept = new WeakMap<NetfilterRule, KeptSource>()

/**
 * The source of a rule, read once. Each read may build the source anew with its text, and one rule may stop thousands
 * of packets.
 */
export const keptSource = (rule: NetfilterRule): KeptSource => {
  const known = kept.get(rule)
  if (known !== undefined) return known
  const { position, handle, text, counters } = rule.source
  const made: KeptSource = { position, handle, text, counters }
  kept.set(rule, made)
  return made
}
