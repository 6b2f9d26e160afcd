import { type BlockSnapshot, BlockStoreError, type ClusterNeighbours } from '@portolan/core'
import { type LostRecords, lostRecords, unknownHosts } from '@portolan/core/planning'
import { type RememberedMember, readNeighbours } from '@portolan/host'
import { PortolanError, shellLine } from '@portolan/netfilter'
import { type JoinPlace, joinLine } from './join-line.ts'
import { hasJoined, memberOf } from './this-member.ts'

/** Reads a cluster again. */
type Read = () => Promise<BlockSnapshot>

/**
 * Whether etcd has lost what this host knows of its cluster: it came back without its data, or with an older copy of it. Then it
 * says nothing of blocks and hosts, and is to each command what one that does not answer is.
 *
 * @param snapshot - of the cluster, as it was read last
 * @param read - asked where that tells a loss: another process may have written down what came behind it
 * @returns null: it has not, as far as can be told
 */
export const lostData = async (
  place: JoinPlace,
  cluster: string,
  snapshot: BlockSnapshot,
  read: Read,
): Promise<BlockStoreError | null> => {
  const { directory } = place
  const member = await memberOf(directory, cluster)
  if (member === null || member.left === true || !hasJoined(member)) return null
  const seen = await seenIn(directory, cluster)
  const known = { pools: member.pools, blocks: member.blocks, seen }
  if (lostRecords(snapshot, known) === null) return null
  const lost = lostRecords(await read(), known)
  return lost === null
    ? null
    : new BlockStoreError('CLUSTER_DATA_LOST', lossText(place, lost, member, seen?.pools ?? []))
}

/** @throws BlockStoreError `CLUSTER_DATA_LOST` as `lostData` tells it */
export const refuseLostData = async (...asked: Parameters<typeof lostData>): Promise<void> => {
  const lost = await lostData(...asked)
  if (lost !== null) throw lost
}

/** What is damaged is told by what needs it. */
export const seenIn = async (directory: string, cluster: string): Promise<ClusterNeighbours | null> => {
  try {
    const seen = await readNeighbours(directory)
    return seen?.cluster === cluster ? seen : null
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}

const lossText = (
  place: JoinPlace,
  lost: LostRecords,
  { cluster, pools, blocks }: RememberedMember,
  seenPools: readonly string[],
): string => {
  const join = `\`${joinLine(place)}\``
  const own = blocks.length === 0 ? 'to be in it' : blocks.map(({ block }) => block).join(', ')
  const named = place.cluster === null ? [] : ['--cluster', place.cluster]
  const settled = (seenPools.length === 0 ? pools : seenPools).flatMap((pool) => ['--pool', pool])
  const init = shellLine(['portolan', 'cluster', 'init', ...settled, ...named])
  switch (lost.kind) {
    case 'no-pools':
      return `etcd has no pools of cluster ${cluster}, and this host remembers ${blocks.length === 0 ? own : `its blocks there (${own})`}: etcd lost its data, or is another one. Restore its data; or settle the pools again, once (\`${init}\`), and run ${join} on each host, which gets its blocks back.`
    case 'older':
      return `etcd is at revision ${lost.revision}, and this host has seen revision ${lost.known} of cluster ${cluster}: etcd has an older copy of its data, or is another one, so hosts and blocks that came later are not known there. Run ${join} on each host, which gets its blocks back; or restore a later copy.`
    case 'unknown':
      return `etcd knows nothing of the blocks of this host in cluster ${cluster} (${lost.blocks.join(', ')}), neither that they are held nor that they were taken away: it lost data, or has an older copy of it. Run ${join} on each host, which gets its blocks back; or restore a later copy.`
  }
}

/** The same of the hosts that are remembered, as a list of sentences. */
export const unknownTexts = async (
  { directory }: Pick<JoinPlace, 'directory'>,
  cluster: string,
  snapshot: BlockSnapshot,
): Promise<readonly string[]> => {
  const seen = await seenIn(directory, cluster)
  const text = seen === null ? null : unknownHostsText({ directory }, seen, snapshot)
  return text === null ? [] : [text]
}

/**
 * What is to be said of other hosts that etcd knows nothing of, though this host does.
 *
 * @returns null: it knows all of them
 */
export const unknownHostsText = (
  { directory }: Pick<JoinPlace, 'directory'>,
  neighbours: ClusterNeighbours,
  snapshot: BlockSnapshot,
): string | null => {
  const lost = unknownHosts(neighbours, snapshot)
  if (lost.length === 0) return null
  const named = lost.map(({ block, host }) => `${block} of ${host}`).join(', ')
  return `etcd lost its data, and knows nothing of ${named} since. Routes and rules towards ${lost.length === 1 ? 'it' : 'them'} stay. Run \`portolan cluster join\` on ${[...new Set(lost.map(({ host }) => host))].join(', ')}; where that host is off for good, delete ${directory}/cluster-neighbours.json here, and join again.`
}
