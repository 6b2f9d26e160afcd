import type { Family, HostFacts, NetfilterRuleset, Wording } from '@portolan/netfilter'
import type { DesiredState } from '../../contract/index.ts'
import type { Conflict } from '../conflict.ts'
import type { Drafted } from '../remedy/draft.ts'
import { passThrough } from '../remedy/pass-through.ts'
import { remedyHost } from '../remedy/remedy-host.ts'
import type { Finding } from '../search/finding/finding.ts'
import { toolOf } from '../search/finding/guards-of-others.ts'
import { namedEndsOf } from '../search/finding/named-ends.ts'
import type { Surroundings } from '../search/rows/surroundings.ts'
import { leadBack } from './lead-back.ts'
import { type OwnProject, ruleConflict } from './rule-conflict.ts'
import { ruleConflictWords } from './rule-conflict-words.ts'

/** The host that findings belong to. */
export interface FindingHost {
  readonly desired: DesiredState
  readonly facts: HostFacts
  readonly rulesets: readonly NetfilterRuleset[]
  readonly around: Readonly<Record<Family, Surroundings>>
  /** Whether rules of the family could not be read. */
  readonly isHidden: (family: Family | undefined) => boolean
}

/** Puts a finding into words. A remedy that must still be checked is added to `drafts`. */
export type FindingInWords = (found: Finding, drafts: Map<Conflict, Drafted>) => Conflict

export const findingInWords = (
  { desired, facts, rulesets, around, isHidden }: FindingHost,
  wording: Wording,
): FindingInWords => {
  const { project } = desired
  const namedEnds = namedEndsOf(desired)
  const own: OwnProject = { project, ownTool: () => toolOf(project, rulesets) }
  return (found, drafts) => {
    // Thousands of findings may belong to mappings, and a copy of each would cost memory.
    const finding: Finding = found.mapping === null ? { ...found, ends: namedEnds(found) } : found
    const family = finding.rows[0]?.family
    const shown: Finding = isHidden(family) ? { ...finding, certainty: 'possible' } : finding
    const led = leadBack(shown, desired.networks, facts)
    if (led !== null)
      return ruleConflict(
        shown,
        { ...ruleConflictWords[finding.kind](shown, wording), remedy: led },
        own,
        wording,
      )
    // Packets that come in against the contract must not be let through.
    const draft =
      family === undefined || finding.kind === 'Bypassed'
        ? null
        : passThrough(finding, remedyHost(around[family], facts, rulesets), wording)
    const words = ruleConflictWords[finding.kind](shown, wording)
    // A remedy in words needs no check. Thousands of mappings may have one, and a kept draft holds a packet's whole
    // trace.
    if (draft === null || draft.insertions.length === 0)
      return ruleConflict(shown, draft === null ? words : { ...words, remedy: draft.remedy }, own, wording)
    const conflict = ruleConflict(shown, words, own, wording)
    drafts.set(conflict, { finding, draft })
    return conflict
  }
}
