import type { Plan } from '../plan/plan.ts'
import type { DriftChange } from './host-event.ts'

/** Tells whether a plan takes or gives up leases. */
export const hasLeases = ({ leases }: Plan): boolean => leases !== null && leases.changes.length > 0

/** Tells whether a plan takes leases. */
export const takesLeases = ({ leases }: Plan): boolean =>
  leases?.changes.some(
    ({ after }) => after !== null && (after.kind !== 'address' || after.released === null),
  ) ?? false

/** The connections that an earlier run left bound to their earlier destination. */
export const owedIn = ({ changes }: Plan): readonly DriftChange[] =>
  changes.filter(({ part }) => part === 'conntrack')

export const toWriteDown: DriftChange = {
  action: 'add',
  object: 'leases',
  description:
    'Record the leases of the project again, with the same addresses: the state directory lost its record of them.',
}

export const toLease: DriftChange = {
  action: 'add',
  object: 'leases',
  description: 'Lease the subnets, addresses and ports that the project needs.',
}
