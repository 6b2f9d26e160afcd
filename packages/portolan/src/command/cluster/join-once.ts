import { BlockStoreError, blockStoreErrorCode, describeCluster, type NodeAddresses } from '@portolan/core'
import { hasOwnRoutes } from '@portolan/core/planning'
import {
  noteRouteHolder,
  type RememberedMember,
  readHost,
  readMember,
  readNeighbours,
  withRouteHolder,
  writeMember,
} from '@portolan/host'
import type { HostFacts } from '@portolan/netfilter'
import { askedAddresses, checkAskedAddresses } from '../../cluster/asked-addresses.ts'
import { hostObstacles } from '../../cluster/host-obstacles.ts'
import { type Joined, joinCluster } from '../../cluster/join-cluster.ts'
import { writtenThere } from '../../cluster/join-line.ts'
import { type DataLoss, lostData, poolsLost, seenIn } from '../../cluster/lost-data.ts'
import { noPools } from '../../cluster/no-pools.ts'
import { ownAddresses } from '../../cluster/node-addresses.ts'
import { refuseOtherCluster } from '../../cluster/other-cluster.ts'
import { portableUrl } from '../../cluster/portable-url.ts'
import { refuseSecondHost } from '../../cluster/refuse-second-host.ts'
import { tellAndRemember } from '../../cluster/remember-neighbours.ts'
import { isOutage } from '../../cluster/reported-faults.ts'
import { LEASE_SECONDS } from '../../cluster/stay-alive.ts'
import { hasJoined, memberName, thisMember } from '../../cluster/this-member.ts'
import { useOfBlocks } from '../../cluster/use-of-blocks.ts'
import { wholeNumber } from '../options/options.ts'
import { type ClusterCall, leasesOf, placeOf } from './call.ts'
import { clusterUrl } from './cluster-url.ts'
import { type LeftElsewhere, leftElsewhere } from './lost-in-use.ts'
import { isNameTaken, nameLost } from './name-lost.ts'
import { noteLoss } from './note-loss.ts'

/** The result of a join, and what this host told of itself. */
export interface JoinedNode extends Joined {
  readonly addresses: NodeAddresses
  readonly lease: string
  /** What etcd had lost of what this host knew of its cluster; null: nothing. */
  readonly loss: DataLoss | null
  /** Blocks that this host left in former clusters, and in which it still has networks. */
  readonly elsewhere: readonly LeftElsewhere[]
}

/**
 * Verifies the blocks of this host, claims the missing ones, and remembers what the host has.
 *
 * @param was - what the host was before its state directory was lost under this process; null: it was not lost
 */
export const joinOnce = async (
  call: ClusterCall,
  renews: boolean,
  was: RememberedMember | null,
): Promise<JoinedNode> => {
  const { options, store, directory, name } = call
  const count = wholeNumber(options, 'count', { from: 1, to: 10_000 }) ?? 1
  const facts = await readHost()
  await refuseAddresses(call, facts)
  const leases = await leasesOf(call)
  const before = await readMember(directory)
  const isUsed = (block: string): boolean =>
    useOfBlocks([block], { leases, facts }).some(({ networks }) => networks.length > 0)
  await refuseOtherCluster(call, directory, facts, before, isUsed)
  const member = await thisMember(directory, name, options.member ?? null)
  const isFirst = before === null || before.cluster !== name || !hasJoined(before)
  let mayHaveClaimed = false
  const commit: ClusterCall['store']['commit'] = (transaction) => {
    mayHaveClaimed = true
    return store.commit(transaction)
  }
  /** Handles a refused call. Where nothing was claimed, the name of the call is not kept. */
  const refused = async (error: unknown): Promise<never> => {
    if (!mayHaveClaimed || isNameTaken(error)) await forgetName(directory, member, before)
    const lost = error instanceof BlockStoreError && !isOutage(error) ? await noteLoss(call) : null
    // This error comes from rules that do not know the name of the cluster, so it is worded here.
    const hadNoPools = blockStoreErrorCode(error) === 'CLUSTER_POOLS'
    const isUnset = hadNoPools && describeCluster(await store.read()).pools.length === 0
    if (isUnset && lost !== null) throw lost
    // The pools may have been settled since. Then the next try finds them.
    if (hadNoPools && was !== null) throw poolsLost(placeOf(call), was)
    if (isUnset)
      throw new BlockStoreError('CLUSTER_POOLS', noPools(placeOf(call), name, isFirst ? facts : null), {
        cause: error,
      })
    throw isNameTaken(error) && member.blocks.length > 0
      ? nameLost(error, call, member, lost !== null)
      : error
  }
  const { avoid, unread } = hostObstacles(facts, leases)
  // A block may collide with what was not read.
  for (const sentence of renews ? [] : unread) call.terminal.say(`portolan: ${sentence}`)
  const lease = await store.grantLease(LEASE_SECONDS).catch(refused)
  const takeover = options.takeover === true
  const written = writtenThere(placeOf(call))
  const request = { lease, renews, count, takeover, avoid, written, seen: await seenIn(directory, name) }
  let loss: DataLoss | null = null
  const read: ClusterCall['store']['read'] = async () => {
    const snapshot = await store.read()
    loss ??= await lostData(placeOf(call), name, snapshot, async () => snapshot)
    const first = { isNamed: options.member !== undefined, asked: options.address ?? [], facts }
    if (isFirst) refuseSecondHost(snapshot, { ...placeOf(call), host: member.host, ...first })
    return snapshot
  }
  const claims = { ...store, read, commit }
  const joined = await joinCluster(claims, directory, member, { leases, facts }, request).catch(refused)
  const remembered = await rememberUrl(call, joined.member)
  const asked = options.address ?? []
  const addresses = await tellAndRemember(call, directory, remembered, facts, asked, joined.seen)
  // The routes may be from before such notes were kept, or their note may be lost.
  if (hasOwnRoutes(facts) && (await isRouteHolder(directory))) noteRouteHolder(directory)
  const elsewhere = leftElsewhere(remembered, { leases, facts })
  return { ...joined, member: remembered, addresses, lease, loss, elsewhere }
}

/** Is no other state directory known to have the routes of this host? */
const isRouteHolder = async (directory: string): Promise<boolean> =>
  (await withRouteHolder(directory, await readNeighbours(directory)))?.routesOf === undefined

/** Remembers the URL, for printed commands where nothing names the cluster. */
const rememberUrl = async (
  { options, directory }: ClusterCall,
  { url: before, ...member }: RememberedMember,
): Promise<RememberedMember> => {
  const url = portableUrl(clusterUrl(options))
  const now = { ...member, ...(url === null ? {} : { url }) }
  return (before ?? null) === url ? now : writeMember(directory, now)
}

/** Puts back what was remembered before a call, or notes that the host has no name. */
const forgetName = async (
  directory: string,
  member: RememberedMember,
  before: RememberedMember | null,
): Promise<void> => {
  if (JSON.stringify(before) === JSON.stringify(member)) return
  // Another process may have joined meanwhile.
  if (JSON.stringify(await readMember(directory)) !== JSON.stringify(member)) return
  await writeMember(directory, before ?? { ...member, left: true })
}

/**
 * Checks the addresses before anything is claimed or written. A host that is refused later would have its blocks
 * already.
 */
const refuseAddresses = async (call: ClusterCall, facts: HostFacts) => {
  const { options, store, directory, name } = call
  const { address: asked = [], member = null } = options
  if (asked.length === 0) return
  const wanted = askedAddresses(asked, ownAddresses(facts))
  const host = await memberName(directory, name, member)
  checkAskedAddresses(wanted, await store.read(), host, writtenThere(placeOf(call)))
}
