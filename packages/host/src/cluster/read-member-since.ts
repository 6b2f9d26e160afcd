import { type ClusterNeighbours, heldSince } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { type RememberedMember, readMember } from './member-file.ts'
import { readNeighbours } from './neighbours-file.ts'

/**
 * What a host remembers of itself in a cluster, with the state of its blocks as it was seen since.
 * @public @since 0.1.0
 */
export interface MemberSince {
  readonly member: RememberedMember
  /** The blocks of the host, by what was seen of the cluster since the host last joined. */
  readonly held: ReturnType<typeof heldSince>
}

/**
 * Reads what this host remembers of itself in a cluster, whichever that is. A block that the host had lost when it last
 * saw the other hosts counts as lost, even if `portolan cluster join` has not found it out yet.
 *
 * @param directory - the state directory of the host
 * @param seen - the other hosts as the cluster has them now; null: nothing is known of them; absent: the remembered
 * ones
 * @returns null: the host has not joined a cluster
 * @throws PortolanError and PermissionError as `readMember`
 * @example
 * await readMemberSince('/nowhere') // null
 * @public @since 0.1.0
 */
export const readMemberSince = async (
  directory: string,
  seen?: ClusterNeighbours | null,
): Promise<MemberSince | null> => {
  const member = await readMember(directory)
  if (member === null) return null
  return { member, held: heldSince(member, seen === undefined ? await seenLast(directory) : seen) }
}

/**
 * Reads the other hosts as they were last seen, for what they show of this host's blocks. It reports no damage: the
 * code that reads them for routes does.
 *
 * @param directory - the state directory of the host
 * @returns null: none are remembered, or the file cannot be read
 * @throws PermissionError
 * @example
 * await seenLast('/nowhere') // null
 * @public @since 0.1.0
 */
export const seenLast = async (directory: string): Promise<ClusterNeighbours | null> => {
  try {
    return await readNeighbours(directory)
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
