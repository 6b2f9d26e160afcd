import { type BlockSnapshot, BlockStoreError, type ClusterNeighbours } from '@portolan/core'
import {
  holderOf,
  type LostRecords,
  lostPools,
  lostRecords,
  mayBeItself,
  seenAfterLoss,
  takeoverText,
  unknownHosts,
} from '@portolan/core/planning'
import { type RememberedMember, readNeighbours } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { claimLine, clusterLine, type JoinPlace, joinLine, lineThere, takeoverLine } from './join-line.ts'
import { hasJoined, memberOf } from './this-member.ts'

/** Reads a cluster again. */
type Read = () => Promise<BlockSnapshot>

/** A loss of etcd's data, compared with what this host knows of its cluster. */
export interface DataLoss {
  readonly error: BlockStoreError
  /**
   * The other hosts as this host remembers them, with blocks of this host that the remaining data gives to another.
   * Both hosts would use such a block, so it is lost. Null: no other host has one, and the memory stays.
   */
  readonly seen: ClusterNeighbours | null
}

/**
 * Detects that etcd lost its data, or has an older copy of it. Its records then say nothing about blocks and hosts, and
 * a command treats it like an etcd that does not answer. Only one thing counts: a block of this host that etcd gives to
 * another host.
 *
 * @param snapshot - the cluster as last read
 * @param read - reads the cluster again when the snapshot shows a loss: another process may have remembered a newer
 * state
 * @returns null: no loss, as far as can be told
 */
export const lostData = async (
  place: JoinPlace,
  cluster: string,
  snapshot: BlockSnapshot,
  read: Read,
): Promise<DataLoss | null> => {
  const { directory } = place
  const member = await memberOf(directory, cluster)
  if (member === null || member.left === true || !hasJoined(member)) return null
  const before = await seenIn(directory, cluster)
  const known = { ...member, seen: before }
  if (lostRecords(snapshot, known) === null) return null
  const now = await read()
  const lost = lostRecords(now, known)
  if (lost === null) return null
  const seen = seenAfterLoss(now, member, before)
  const error = new BlockStoreError('CLUSTER_DATA_LOST', lossText(place, lost, member, before, seen))
  return { error, seen }
}

/** The error for an etcd without data when the state directory is lost too. A process still knows this host. */
export const poolsLost = (place: JoinPlace, was: RememberedMember): BlockStoreError =>
  new BlockStoreError('CLUSTER_DATA_LOST', lossText(place, { kind: 'no-pools' }, was, null, null))

/** Throws when etcd has lost its data. @throws BlockStoreError `CLUSTER_DATA_LOST` as `lostData` returns it */
export const refuseLostData = async (...asked: Parameters<typeof lostData>): Promise<void> => {
  const lost = await lostData(...asked)
  if (lost !== null) throw lost.error
}

/** Reads the remembered other hosts; null when there are none. A damaged file is reported by the code that needs it. */
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
  { cluster, host, pools, blocks }: RememberedMember,
  before: ClusterNeighbours | null,
  seen: ClusterNeighbours | null,
): string => {
  const join = `\`${joinLine(place)}\``
  const own = blocks.length === 0 ? 'to be in it' : blocks.map(({ block }) => block).join(', ')
  const seenPools = before?.pools ?? []
  const init = initLine(place, seenPools.length === 0 ? pools : seenPools)
  const settle = `settle the pools again, once (\`${init}\`), and run ${join} on each host, which gets its blocks back`
  const older =
    'etcd has an older copy of its data, or is another etcd. It does not know hosts and blocks that came later.'
  const way = holdersText(place, host, seen) ?? wayOf(lost, join, settle)
  switch (lost.kind) {
    case 'no-pools':
      return `etcd has no pools of cluster ${cluster}, and this host remembers ${blocks.length === 0 ? own : `its blocks there (${own})`}: etcd lost its data, or is another one. Restore its data; or ${settle}.`
    case 'older':
      return `etcd is at revision ${lost.revision}, and this host has seen revision ${lost.known} of cluster ${cluster}: ${older} ${way}`
    case 'undone': {
      const { block, since, revision, takenBy, isOwn } = lost.undone
      return `etcd says that block ${block} of cluster ${cluster} has belonged to ${nameOf(lost.undone.host, host, isOwn)} since revision ${since}. But at revision ${revision} this host saw that it belonged to ${nameOf(takenBy, host, !isOwn && takenBy === host)}: ${older} ${way}`
    }
    case 'pools-undone': {
      const { pools: now, since, seen: were, revision } = lost.undone
      return `etcd says that the pools of cluster ${cluster} have been ${now.join(', ')} since revision ${since}. But at revision ${revision} this host saw that they were ${were.join(', ')}: ${older} ${way}`
    }
    case 'address-undone': {
      const { host: other, via, since, seen: was, revision } = lost.undone
      return `etcd says that blocks of host ${other} of cluster ${cluster} have been reached through ${via ?? 'no address'} since revision ${since}. But at revision ${revision} this host saw that it was ${was ?? 'none'}: ${older} ${way}`
    }
    case 'unknown':
      return `etcd knows nothing of the blocks of this host in cluster ${cluster} (${lost.blocks.join(', ')}), neither that they are held nor that they were taken away: it lost data, or has an older copy of it. ${way}`
  }
}

/** The advice when no other host has a block of this one. */
const wayOf = (lost: LostRecords, join: string, settle: string): string => {
  if (lost.kind === 'pools-undone') return `Restore a later copy; or ${settle}.`
  if (lost.kind === 'older' && lost.pools !== null)
    return `Its pools are older too (${lost.pools.join(', ')}). Restore a later copy; or ${settle}.`
  return `Run ${join} on each host, which gets its blocks back; or restore a later copy.`
}

/** The command that sets the pools again. It works on any host. */
const initLine = (place: JoinPlace, pools: readonly string[]): string =>
  lineThere('init', place, ...pools.flatMap((pool) => ['--pool', pool]))

const nameOf = (host: string, own: string, isOwn: boolean): string =>
  isOwn ? `${host} (this host)` : otherNamed(host, own)

/** Names a host. Two machines may have one name. */
const otherNamed = (host: string, own: string): string =>
  host === own ? `another machine named ${host}` : host

/** The message about blocks of this host that the remaining data gives to others; null: there are none. */
const holdersText = (place: JoinPlace, host: string, seen: ClusterNeighbours | null): string | null => {
  const { disputed = [], others = [] } = seen ?? {}
  if (disputed.length === 0) return null
  const holders = disputed.flatMap((block) => {
    const taker = holderOf(block, others)?.host
    return taker === undefined
      ? []
      : [`${block} ${taker === host ? otherNamed(taker, host) : `host ${taker}`}`]
  })
  const claim = `\`${claimLine(place, seen)}\``
  const itself =
    seen !== null && mayBeItself(seen) ? `${takeoverText(host, takeoverLine(place))} Else restore` : 'Restore'
  return `In that copy, blocks of this host belong to others: ${holders.join(', ')}. Both would use their addresses, so no network gets a subnet there. ${itself} a later copy. Or continue with this one: run \`${lineThere('join', place)}\` on each other host, which gets back what is free, and ${claim} here, which says what has to move.`
}

/** Sentences about the remembered hosts that etcd has forgotten. */
export const unknownTexts = async (place: JoinPlace, cluster: string): Promise<readonly string[]> => {
  const seen = await seenIn(place.directory, cluster)
  const text = seen === null ? null : unknownHostsText(place, seen)
  return text === null ? [] : [text]
}

/**
 * The message about other hosts that this host knows and etcd has forgotten.
 *
 * @returns null: etcd knows all of them
 */
export const unknownHostsText = (place: JoinPlace, neighbours: ClusterNeighbours): string | null => {
  const lost = unknownHosts(neighbours)
  if (lost.length === 0) return null
  const named = lost.map(({ block, host }) => `${block} of ${host}`).join(', ')
  const pools = lostPools(neighbours)
  const settle =
    pools === null
      ? ''
      : `The pools that it has are older too: settle them again, once (\`${initLine(place, pools)}\`). `
  const hosts = [...new Set(lost.map(({ host }) => host))]
  const them = lost.length === 1 ? 'it' : 'them'
  const off = hosts.length === 1 ? 'that host is off' : 'one of these, NAME, is off'
  const reclaim = clusterLine('reclaim', place, ['--member', hosts.length === 1 ? (hosts[0] ?? '') : 'NAME'])
  return `etcd lost data, and knows nothing of ${named} since. Routes and rules towards ${them} stay, and this host claims none of ${them}. ${settle}Run \`${lineThere('join', place)}\` on ${hosts.join(', ')}; where ${off} for good, free its blocks here: \`${reclaim}\`.`
}
