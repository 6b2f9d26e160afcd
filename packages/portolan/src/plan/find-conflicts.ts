import type { Conflict, ConflictSearch, DesiredState, PublishedPort } from '@portolan/core'
import { type RuleConflictOptions, searchRemedies } from '@portolan/core/planning'
import type { HostFacts, NetfilterRuleset, Wording } from '@portolan/netfilter'
import { backends } from '../backend/backend.ts'
import { dialects } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { lowerRules } from '../host-rules/lower-rules.ts'
import { carriedOut } from './carried-out.ts'
import { changesOf } from './changes-of.ts'
import type { PlanChange } from './plan.ts'

/**
 * What was found, and how to search again.
 * @internal
 */
export interface PlannedSearch extends ConflictSearch {
  /** The same search, on the host as it is once the remedies of these conflicts are carried out too. */
  readonly after: (mended: readonly Conflict[]) => PlannedSearch
}

/**
 * What the rules on a host, as they will be once a plan is carried out, do to a project.
 *
 * @param unsettled - networks of which another conflict says that they cannot be as planned
 * @param published - host ports that other projects have in force
 * @param surrounding - every rule on the host as it is; null: not known, and no conflict with them
 * @internal
 */
export const findConflictsWithRules = (
  desired: DesiredState,
  facts: HostFacts,
  surrounding: HostRules | null,
  changes: readonly PlanChange[],
  setsSysctls: boolean,
  unsettled: readonly string[],
  published: readonly PublishedPort[],
  wording?: Wording,
): PlannedSearch => {
  if (surrounding === null) return nothingKnown
  const sharing = backends.filter((backend) => dialects[backend].sharesChains)
  const movesRules = sharing.some((backend) => changesOf(changes, backend).length > 0)
  const planned = lowerRules(
    carriedOut(surrounding, changes),
    // A user that reads of rule 3 looks for it before anything is applied.
    movesRules ? { numberedAs: surrounding } : {},
  )
  const options: RuleConflictOptions = {
    setsSysctls,
    unsettled,
    published,
    ...(wording === undefined ? {} : { wording }),
    ...(surrounding.hidden === undefined ? {} : { hidden: surrounding.hidden }),
  }
  const searchIn = (rulesets: readonly NetfilterRuleset[]): PlannedSearch => {
    const { conflicts, incomplete, remedied } = searchRemedies(desired, facts, rulesets, options)
    return { conflicts, incomplete, after: (mended) => searchIn(remedied(mended)) }
  }
  return searchIn(planned)
}

const nothingKnown: PlannedSearch = { conflicts: [], incomplete: [], after: () => nothingKnown }
