import { families, type HostFacts, type NetfilterRuleset } from '@portolan/netfilter'
import {
  checkOptions,
  flagValue,
  functionValue,
  listValue,
  type OptionKinds,
  objectValue,
  textsValue,
  wordingValue,
  wordValue,
} from '@portolan/netfilter/schema'
import type { DesiredState } from '../contract/index.ts'
import type { Conflict } from './conflict.ts'
import { findHostPortTaken } from './find-host-port-taken.ts'
import { type ConflictSearch, searchRules } from './find-rule-conflicts.ts'
import { findStaleConntrack } from './find-stale-conntrack.ts'
import { findPortsInEphemeralRange } from './kind/port-in-ephemeral-range.ts'
import type { RuleConflictOptions } from './rule-conflict-options.ts'
import { withoutStandIns } from './without-stand-ins.ts'

const optionKinds: OptionKinds<RuleConflictOptions> = {
  setsSysctls: flagValue,
  hidden: listValue('a list of families (ip, ip6)', wordValue(families).holds),
  unsettled: textsValue,
  published: listValue('a list of published ports', objectValue('a published port').holds),
  about: functionValue,
  wording: wordingValue,
}

/**
 * Finds what keeps a project from working on a host, or breaks a service of another program there: rules, listening
 * sockets, ports that the kernel gives to clients, flows that are bound elsewhere. Pure, so it also works for a dump of
 * another machine. `resolve` reports what is wrong in the intent itself (one host socket wanted twice, a subnet that
 * overlaps the host).
 *
 * @param facts - the host as it is; the project's bridges need not exist yet
 * @param rulesets - all rules of the host, including the project's own, as `lower` gives them
 * @throws InvalidRequestError for an option of another kind
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
): readonly Conflict[] => searchConflicts(desired, facts, rulesets, options).conflicts

/**
 * Finds the same conflicts as `findConflicts`, and tells what the search did not look at. An empty list of conflicts
 * means that there are none only if `incomplete` is empty too.
 *
 * @example
 * const { conflicts, incomplete } = searchConflicts(desired, facts, rulesets)
 * incomplete.map(({ what, why }) => `${what}: ${why}`) // []
 * @public @since 0.1.0
 */
export const searchConflicts = (
  desired: DesiredState,
  facts: HostFacts,
  rulesets: readonly NetfilterRuleset[],
  options: RuleConflictOptions = {},
): ConflictSearch => searchConflictsWith(searchRules, desired, facts, rulesets, options)

/**
 * Finds what `searchConflicts` finds, by another search of the rules.
 * @internal
 */
export const searchConflictsWith = (
  search: (...asked: Parameters<typeof searchRules>) => ConflictSearch,
  desired: DesiredState,
  facts: HostFacts,
  rulesets: readonly NetfilterRuleset[],
  options: RuleConflictOptions = {},
): ConflictSearch => {
  checkOptions<RuleConflictOptions>(options, optionKinds, 'the options of findConflicts')
  const { about, ...ofAll } = options
  const asked = about === undefined ? desired : { ...desired, mappings: desired.mappings.filter(about) }
  const found = search(desired, facts, rulesets, options)
  // All mappings of a network decide whether it is cut off, and what is reported about it alone.
  const { conflicts, incomplete } =
    about === undefined || !found.conflicts.some(isErrorOfNetwork)
      ? found
      : search(desired, facts, rulesets, ofAll)
  return {
    conflicts: withoutStandIns([
      ...findHostPortTaken(asked, facts),
      ...findPortsInEphemeralRange(asked, facts),
      ...findStaleConntrack(asked, facts, []),
      ...conflicts,
    ]),
    incomplete,
  }
}

const isErrorOfNetwork = ({ mapping, severity }: Conflict): boolean =>
  mapping === null && severity === 'error'
