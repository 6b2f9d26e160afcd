import { type HeldBlocks, parseClusterUrl } from '@portolan/core'
import { readMember } from './member-file.ts'

/**
 * What this host has of a cluster, as it remembers it. The cluster is not asked.
 *
 * @param url - of the cluster, such as `cluster` of a config
 * @param directory - where this host remembers what it is in a cluster: its state directory
 * @param join - the command that claims blocks, for messages
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
): Promise<HeldBlocks> => {
  const { cluster } = parseClusterUrl(url)
  const member = await readMember(directory)
  if (
    member === null ||
    member.cluster !== cluster ||
    (member.pools.length === 0 && member.blocks.length === 0)
  )
    return { cluster, pools: null, blocks: [], lost: [], join }
  const { pools, blocks, leaving, lost } = member
  return {
    ...{ cluster, pools, join },
    blocks: blocks.map(({ block }) => block),
    ...(leaving.length === 0 ? {} : { leaving }),
    lost: lost.map(({ block, takenBy }) => ({ block, takenBy })),
  }
}
