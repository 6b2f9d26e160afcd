import type { ConflictSearch, DesiredState, PublishedPort } from '@portolan/core'
import { searchRules } from '@portolan/core/planning'
import type { HostFacts } from '@portolan/netfilter'
import { backends } from '../backend/backend.ts'
import { dialects } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { lowerRules } from '../host-rules/lower-rules.ts'
import { carriedOut } from './carried-out.ts'
import { changesOf } from './changes-of.ts'
import type { PlanChange } from './plan.ts'

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
): ConflictSearch => {
  if (surrounding === null) return { conflicts: [], incomplete: [] }
  const sharing = backends.filter((backend) => dialects[backend].sharesChains)
  const movesRules = sharing.some((backend) => changesOf(changes, backend).length > 0)
  const planned = lowerRules(
    carriedOut(surrounding, changes),
    // A user that reads of rule 3 looks for it before anything is applied.
    movesRules ? { numberedAs: surrounding } : {},
  )
  return searchRules(desired, facts, planned, {
    setsSysctls,
    unsettled,
    published,
    ...(surrounding.hidden === undefined ? {} : { hidden: surrounding.hidden }),
  })
}
