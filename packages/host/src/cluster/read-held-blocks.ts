import { type ClusterNeighbours, type HeldBlocks, heldSince, parseClusterUrl } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { readMember } from './member-file.ts'
import { readNeighbours } from './neighbours-file.ts'

/**
 * What this host has of a cluster, as it remembers it. The cluster is not asked. A block that the host did not have any
 * more when it saw the other hosts last is lost, though `portolan cluster join` has not found that out yet.
 *
 * @param url - of the cluster, such as `cluster` of a config
 * @param directory - where this host remembers what it is in a cluster: its state directory
 * @param join - the command that claims blocks, for messages
 * @param seen - the other hosts as the cluster has them now; those that are remembered unless told
 * @throws InvalidRequestError for a URL that is none; PortolanError and PermissionError as `readMember`
 * @example
 * const blocks = await readHeldBlocks('etcd://192.0.2.1/prod', '/nowhere')
 * blocks.pools // null
 * @public @since 0.1.0
 */
export const readHeldBlocks = async (
  url: string,
  directory: string,
  join = 'portolan cluster join',
  seen?: ClusterNeighbours | null,
): Promise<HeldBlocks> => {
  const { cluster } = parseClusterUrl(url)
  const member = await readMember(directory)
  if (
    member === null ||
    member.cluster !== cluster ||
    (member.pools.length === 0 && member.blocks.length === 0)
  )
    return { cluster, pools: null, blocks: [], lost: [], join }
  const { blocks, leaving, lost } = heldSince(member, seen === undefined ? await seenLast(directory) : seen)
  return { cluster, pools: member.pools, join, blocks, ...(leaving.length === 0 ? {} : { leaving }), lost }
}

/**
 * The other hosts as they were seen last, for what they tell of the blocks of this one. What reads them for its routes says
 * where they are damaged.
 */
const seenLast = async (directory: string): Promise<ClusterNeighbours | null> => {
  try {
    return await readNeighbours(directory)
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
