import type { DesiredMapping } from '../contract/index.ts'
import type { Conflict } from './conflict.ts'
import { findDnatShadows } from './find-dnat-shadows.ts'
import { type IncompleteSearch, incompleteRows } from './incomplete-search.ts'
import type { Drafted } from './remedy/draft.ts'
import type { FoundFor, RuleSearch } from './rule-search.ts'
import { isGuardOfAnother } from './search/finding/guards-of-others.ts'
import {
  addReported,
  noneReported,
  type ReportedCulprits,
  rememberReported,
} from './search/finding/reported-culprits.ts'
import { tellGroup } from './search/finding/tell-group.ts'
import type { ExploredGroup } from './search/members/explore-mappings.ts'
import { findDeadAddresses } from './search/members/severity.ts'

/** Finds which mappings do not get what the contract promises them, and the culprits that are reported for them. */
export const findMappingConflicts = (
  groups: readonly ExploredGroup[],
  { desired, follower, today, around, isHidden, inWords, drafts }: RuleSearch,
): FoundFor<DesiredMapping> & { readonly reported: ReportedCulprits } => {
  const reported = noneReported()
  const conflicts = new Map<DesiredMapping, readonly Conflict[]>()
  const incomplete = new Map<DesiredMapping, readonly IncompleteSearch[]>()
  const tell = (group: ExploredGroup): void => {
    const { rows, members } = group
    const [{ family }] = members
    const shadows = today === null ? undefined : findDnatShadows(today, group, desired.project)
    const own = { reported: noneReported(), drafts: new Map<Conflict, Drafted>() }
    const told =
      shadows === null
        ? null
        : tellGroup(follower, {
            rows,
            count: members.length,
            findDead: (explored) => findDeadAddresses(explored, around[family]),
            tell: (finding) => {
              if (isGuardOfAnother(desired, finding)) return null
              rememberReported(own.reported, finding)
              return inWords(finding, own.drafts)
            },
          })
    if (told === null) {
      for (const one of group.apart()) tell(one)
      return
    }
    addReported(reported, own.reported)
    for (const [conflict, drafted] of own.drafts) drafts.set(conflict, drafted)
    const looked = [...rows, ...(shadows?.unseen ?? [])]
    for (const [at, mapping] of members.entries()) {
      const left = incompleteRows(looked, at)
      const all = [
        ...(told[at] ?? []),
        ...(shadows?.conflicts[at] ?? []).map(
          (conflict): Conflict => (isHidden(family) ? { ...conflict, certainty: 'possible' } : conflict),
        ),
      ]
      // Most mappings have neither, and there may be a hundred thousand.
      if (left.length > 0) incomplete.set(mapping, left)
      if (all.length > 0) conflicts.set(mapping, all)
    }
  }
  for (const group of groups) tell(group)
  return { conflicts, incomplete, reported }
}
