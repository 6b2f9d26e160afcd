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
 * The conflicts that a search found, and a way to search again.
 * @internal
 */
export interface PlannedSearch extends ConflictSearch {
  /** Repeats the search for the host with the remedies of these conflicts carried out. */
  readonly after: (mended: readonly Conflict[]) => PlannedSearch
}

/**
 * Searches for conflicts between a project and the rules that a host has after a plan.
 *
 * @param unsettled - networks that cannot be as planned, according to another conflict
 * @param published - the host ports of other projects that are in force
 * @param surrounding - all rules of the host as they are now; null: unknown, so no conflict is found
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
    // Messages number a rule as it is before the apply, because a user looks it up then.
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
