import type { LeaseState } from '@portolan/core'
import { heldLeases } from '../leases/held-leases.ts'

/**
 * Notes about projects that have networks on a host and no lease in its state directory. `apply` leases a subnet for
 * each network that it makes, so such a project has its notes in another directory. Without this note, a removal that
 * restores nothing (forwarding stays on) would be taken for a complete one.
 *
 * @param projects - the projects that are to be removed and have networks
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
