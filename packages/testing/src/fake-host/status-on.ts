import { type Backend, type HostStatus, statusOf, type Wish, wishIn } from 'portolan/machine'
import type { FakeState } from './fake-state.ts'

/** The status of a simulated host: of one project, or of all. */
export const statusOn = (
  state: FakeState,
  project: string | null,
  backend: Backend,
  conflicts: boolean,
): Promise<HostStatus> =>
  statusOf(project, { facts: state.facts, rules: state.rules, wishes: wishesOn(state), backend, conflicts })

const wishesOn = (state: FakeState): readonly Wish[] => [
  ...[...state.planned.values()].map(
    (desired): Wish => ({ project: desired.project, desired, mappings: desired.mappings }),
  ),
  ...state.journals.projects().map((project) => wishIn(project, state.wantedOf(project), state.facts)),
]
