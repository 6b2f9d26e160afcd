import { type ClusterNeighbours, heldSince } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { type RememberedMember, readMember } from './member-file.ts'
import { readNeighbours } from './neighbours-file.ts'

/**
 * What a host remembers of itself in a cluster, and of its blocks since.
 * @public @since 0.1.0
 */
export interface MemberSince {
  readonly member: RememberedMember
  /** The blocks that it has by what was seen of the cluster since it joined last. */
  readonly held: ReturnType<typeof heldSince>
}

/**
 * What this host remembers of itself in a cluster, whichever that is. A block that it did not have any more when it saw
 * the other hosts last is lost, though `portolan cluster join` has not found that out yet.
 *
 * @param directory - its state directory
 * @param seen - the other hosts as the cluster has them now; null: nothing is known of them; those that are remembered
 * unless told
 * @returns null: it has not joined one
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
 * The other hosts as they were seen last, for what they tell of the blocks of this one. What reads them for its routes says
 * where they are damaged.
 *
 * @param directory - its state directory
 * @returns null: none are remembered, or they cannot be read
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
