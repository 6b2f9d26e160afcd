import type { DesiredState } from '../desired/index.ts'
import type { HostFacts } from '../facts/index.ts'
import type { NetfilterRuleset } from '../netfilter/index.ts'
import type { Conflict } from './conflict.ts'
import { findHostPortTaken } from './find-host-port-taken.ts'
import { findRuleConflicts, type RuleConflictOptions } from './find-rule-conflicts.ts'
import { findStaleConntrack } from './find-stale-conntrack.ts'
import { findPortsInEphemeralRange } from './port-in-ephemeral-range.ts'

/**
 * What keeps a project from working on a host, or breaks somebody else's service there: its rules, its listening
 * sockets, the ports it gives to clients, flows that are bound elsewhere. Pure, and as good for a dump of another
 * machine. What the intent itself has wrong (one host socket wanted twice, a subnet that overlaps the host) is told
 * by `resolve`.
 *
 * @param facts - of the host as it is; the project's bridges need not be there yet
 * @param rulesets - all rules of the host with the project's own among them, as `lower` gives them
 * @example
 * findConflicts(desired, facts, [lower(parse(dump)), lower(compile(desired))])
 *   .map(({ kind, culprit }) => `${kind}: ${culprit?.text}`) // ['ForwardDropped: -P FORWARD DROP']
 * @public @since 0.1.0
 */
export const findConflicts = (
  desired: DesiredState,
  facts: HostFacts,
  rulesets: readonly NetfilterRuleset[],
  options: RuleConflictOptions = {},
): readonly Conflict[] => [
  ...findHostPortTaken(desired.mappings, facts),
  ...findPortsInEphemeralRange(desired.mappings, facts),
  ...findStaleConntrack(desired.mappings, facts, []),
  ...findRuleConflicts(desired, facts, rulesets, options),
]
