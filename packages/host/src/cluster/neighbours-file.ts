import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ClusterNeighbours,
  type ForgottenBlock,
  type NeighbourBlock,
  withoutRouteHolder,
} from '@portolan/core'
import { formatPrefix, parsePrefix, tryParseAddress } from '@portolan/netfilter'
import { isPool, joinCommand, readMember, withCluster } from './member-file.ts'
import {
  fileError,
  isFields,
  notUnderstood,
  type RememberedFile,
  readRemembered,
  recordIn,
  recordText,
  writeRemembered,
} from './remembered-file.ts'

export const neighboursFile = (directory: string): string => join(directory, 'cluster-neighbours.json')

const fileIn = (directory: string): RememberedFile => ({
  directory,
  file: neighboursFile(directory),
  does: 'says which blocks the other hosts of a cluster have',
})

/**
 * Reads the other hosts of a cluster, as this host last saw them.
 *
 * @returns null: this host has seen none
 * @throws PortolanError (`STATE`) when the file is damaged, or as root when others may write to it; PermissionError
 * when it may not be read
 * @example
 * await readNeighbours('/nowhere') // null
 * @public @since 0.1.0
 */
export const readNeighbours = async (directory: string): Promise<ClusterNeighbours | null> => {
  const remembered = fileIn(directory)
  const text = await readRemembered(remembered)
  if (text === null) return null
  const neighbours = parseNeighbours(text)
  if (neighbours !== null) return neighbours
  const anew = `\`${joinCommand(directory)}\`, ${withCluster}, writes it anew`
  throw notUnderstood(remembered, text, anew, anew)
}

/**
 * Remembers the other hosts of a cluster, so that a plan knows them when etcd does not answer; null: forgets them.
 *
 * @returns whether they differ from the former ones
 * @throws PortolanError (`STATE`) when they cannot be written; PermissionError when they may not be
 * @example
 * await writeNeighbours(directory, neighboursOf(await store.read(), member))
 * @public @since 0.1.0
 */
export const writeNeighbours = async (
  directory: string,
  neighbours: ClusterNeighbours | null,
): Promise<boolean> => {
  const remembered = fileIn(directory)
  const before = await readNeighbours(directory).catch(() => null)
  if (neighbours === null) {
    await rm(remembered.file, { force: true }).catch((error: unknown) => {
      throw fileError('written', remembered, error)
    })
    return before !== null
  }
  // A higher revision alone is not written, as hosts come and go all the time. A lower revision is: etcd then has an
  // older copy of its data.
  if (
    before !== null &&
    before.revision <= neighbours.revision &&
    newsOf(before) === newsOf(neighbours) &&
    !(await isNewOfBlocks(directory, before, neighbours))
  )
    return false
  return writeRemembered(remembered, recordText(withoutRouteHolder(neighbours)))
}

/**
 * Tells whether this host claimed a block between the two revisions. The newer revision must then be remembered.
 * Otherwise a block that is lost again would still count as claimed after the cluster was seen.
 */
const isNewOfBlocks = async (
  directory: string,
  before: ClusterNeighbours,
  now: ClusterNeighbours,
): Promise<boolean> => {
  const member = await readMember(directory).catch(() => null)
  return (
    member?.blocks.some(({ revision }) => revision > before.revision && revision <= now.revision) === true
  )
}

const newsOf = ({
  cluster,
  host,
  blocks,
  others,
  pools = [],
  former = [],
  disputed = [],
}: ClusterNeighbours): string =>
  JSON.stringify([
    cluster,
    host,
    blocks,
    pools,
    former,
    disputed,
    others.map(({ block, host: name, via, forgotten = null }) => [block, name, via, forgotten]),
  ])

const isText = (value: unknown): value is string => typeof value === 'string'

const isBlock = (value: unknown): value is string => {
  try {
    return isText(value) && formatPrefix(parsePrefix(value)) === value
  } catch {
    return false
  }
}

const isForgotten = (value: unknown): value is ForgottenBlock =>
  isFields(value) && typeof value.seen === 'number' && typeof value.since === 'number'

const isNeighbour = (value: unknown): value is NeighbourBlock =>
  isFields(value) &&
  isBlock(value.block) &&
  isText(value.host) &&
  (value.via === null ||
    (isText(value.via) && tryParseAddress(value.via)?.family === parsePrefix(value.block).family)) &&
  (value.forgotten === undefined || isForgotten(value.forgotten))

const parseNeighbours = (text: string): ClusterNeighbours | null => {
  const value = recordIn(text)
  if (value === null) return null
  // Early versions wrote no `pools`, and later ones still no `former`.
  const { cluster, host, revision, blocks, others, pools = [], former = [], disputed = [] } = value
  if (!isText(cluster) || !isText(host) || typeof revision !== 'number') return null
  if (!Array.isArray(blocks) || !blocks.every(isBlock)) return null
  if (!Array.isArray(others) || !others.every(isNeighbour)) return null
  if (!Array.isArray(pools) || !pools.every(isPool)) return null
  if (!Array.isArray(former) || !former.every(isPool)) return null
  if (!Array.isArray(disputed) || !disputed.every(isBlock)) return null
  return {
    ...{ cluster, host, revision, blocks, others },
    ...(pools.length === 0 ? {} : { pools }),
    ...(former.length === 0 ? {} : { former }),
    ...(disputed.length === 0 ? {} : { disputed }),
  }
}
