import type { Family, HostFacts, NetfilterRuleset, Wording } from '@portolan/netfilter'
import type { DesiredState } from '../contract/index.ts'
import type { Conflict } from './conflict.ts'
import type { Drafted } from './remedy/draft.ts'
import { passThrough } from './remedy/pass-through.ts'
import { remedyHost } from './remedy/remedy-host.ts'
import { ruleConflict, type ToldFinding } from './rule-conflict.ts'
import { ruleConflictWords } from './rule-conflict-words.ts'
import type { Finding } from './search/finding.ts'
import { toolOf } from './search/guards-of-others.ts'
import { namedEndsOf } from './search/named-ends.ts'
import type { Surroundings } from './search/surroundings.ts'

/** The host that findings are of. */
export interface FindingHost {
  readonly desired: DesiredState
  readonly facts: HostFacts
  readonly rulesets: readonly NetfilterRuleset[]
  readonly around: Readonly<Record<Family, Surroundings>>
  /** Rules of the family could not be read. */
  readonly isHidden: (family: Family | undefined) => boolean
}

/** Puts a finding into words, and notes a remedy that is still to be checked among the drafts. */
export type FindingInWords = (found: Finding, drafts: Map<Conflict, Drafted>) => Conflict

export const findingInWords = (
  { desired, facts, rulesets, around, isHidden }: FindingHost,
  wording: Wording,
): FindingInWords => {
  const { project } = desired
  const namedEnds = namedEndsOf(desired)
  const ownTool = (): string | null => toolOf(project, rulesets)
  return (found, drafts) => {
    const finding: ToldFinding =
      found.mapping === null
        ? { ...found, project, ownTool, ends: namedEnds(found) }
        : { ...found, project, ownTool }
    const family = finding.rows[0]?.family
    const shown: ToldFinding = isHidden(family) ? { ...finding, certainty: 'possible' } : finding
    // What comes in and must not is not to be let through.
    const draft =
      family === undefined || finding.kind === 'Bypassed'
        ? null
        : passThrough(finding, remedyHost(around[family], facts, rulesets), wording)
    const words = ruleConflictWords[finding.kind](shown, wording)
    // Words alone need no check. Thousands of mappings may have them, and what is kept of a draft is a packet's whole way.
    if (draft === null || draft.insertions.length === 0)
      return ruleConflict(shown, draft === null ? words : { ...words, remedy: draft.remedy }, wording)
    const conflict = ruleConflict(shown, words, wording)
    drafts.set(conflict, { finding, draft })
    return conflict
  }
}
