import {
  type Backend,
  conflictsOf,
  type HostStatus,
  liveWording,
  type ProjectConflict,
  statusOf,
  type Wish,
  wishIn,
} from 'portolan/machine'
import type { FakeState } from './fake-state.ts'

/** The status that a live host on a simulated one reads: of one project, or of all. */
export const statusOn = async (
  state: FakeState,
  project: string | null,
  backend: Backend,
  conflicts: boolean,
): Promise<HostStatus> => {
  const { facts, rules } = state
  const leases = await state.leases.read()
  const wishes = wishesOn(state)
  return statusOf(project, { facts, rules, wishes, backend, conflicts, leases, wording: liveWording })
}

/** The conflicts that break, or would break, what the projects of a simulated host want. */
export const conflictsOn = (state: FakeState): readonly ProjectConflict[] =>
  conflictsOf({ facts: state.facts, rules: state.rules, wishes: wishesOn(state), backend: 'nftables' })

const wishesOn = (state: FakeState): readonly Wish[] => [
  ...[...state.planned.values()].map(
    (desired): Wish => ({ project: desired.project, desired, mappings: desired.mappings }),
  ),
  ...state.journals.projects().map((project) => wishIn(project, state.readWanted(project), state.facts)),
]
