import type { LeaseState } from '@portolan/core'
import { heldLeases } from './held-leases.ts'

/**
 * Projects that have networks on a host and no lease in its state directory. `apply` leases a subnet for each network
 * it makes, so it kept its notes in another directory, and a removal that puts nothing back (forwarding stays on)
 * would be taken for a complete one.
 *
 * @param projects - those that have networks and are to be removed
 * @internal
 */
export const unknownProjectNotes = (
  projects: readonly string[],
  leases: LeaseState,
  stateDirectory: string,
): readonly string[] =>
  projects
    .filter((one) => heldLeases(leases, one).length === 0)
    .map(
      (one) =>
        `Project ${one} has networks on this host and no lease in ${stateDirectory}. If it was applied with another --state, its leases and the old sysctl values (forwarding) are there and stay as they are: run "portolan destroy -p ${one} --state DIR" with that directory too.`,
    )
