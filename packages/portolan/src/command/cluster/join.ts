import { setTimeout as delay } from 'node:timers/promises'
import {
  type BlockSnapshot,
  BlockStoreError,
  BlocksExhaustedError,
  blockStoreErrorCode,
  describeCluster,
  type NodeAddresses,
} from '@portolan/core'
import { arePoolsWritten } from '@portolan/core/planning'
import { type RememberedMember, readHost, readMember, writeMember } from '@portolan/host'
import type { HostFacts } from '@portolan/netfilter'
import { askedAddresses, checkAskedAddresses } from '../../cluster/asked-addresses.ts'
import { holdMembership } from '../../cluster/hold-membership.ts'
import { hostObstacles } from '../../cluster/host-obstacles.ts'
import { type Joined, joinCluster } from '../../cluster/join-cluster.ts'
import { unknownTexts } from '../../cluster/lost-data.ts'
import { ownAddresses } from '../../cluster/node-addresses.ts'
import { refuseOtherCluster } from '../../cluster/other-cluster.ts'
import { portableUrl } from '../../cluster/portable-url.ts'
import { refuseSecondHost } from '../../cluster/refuse-second-host.ts'
import { rememberNeighbours, tellAndRemember } from '../../cluster/remember-neighbours.ts'
import { LEASE_SECONDS, stayAlive } from '../../cluster/stay-alive.ts'
import { hasJoined, memberName, thisMember } from '../../cluster/this-member.ts'
import { isOutage } from '../../cluster/told-faults.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { wholeNumber } from '../options/options.ts'
import { jsonText } from '../output/json-text.ts'
import { waitFor } from '../wait-for.ts'
import { tellServiceManager } from '../watch/tell-service-manager.ts'
import { type ClusterCall, leasesOf, placeOf, refuseOptions } from './call.ts'
import { clusterUrl } from './cluster-url.ts'
import {
  collisionText,
  leavingText,
  moveText,
  reachedThrough,
  skipText,
  unreachableTexts,
} from './join-texts.ts'
import { isNameTaken, nameLost } from './name-lost.ts'
import { noPools } from './no-pools.ts'
import { noteLoss } from './note-loss.ts'
import { openOutage } from './outage.ts'
import { waysOut } from './ways-out.ts'

/** `portolan cluster join`: verifies the blocks of this host, and claims what it lacks. */
export const join = async (call: ClusterCall): Promise<ExitCode> => {
  refuseOptions(call, 'join', ['member', 'count', 'takeover', 'watch', 'address'])
  if (call.options.watch === true) {
    for (;;) {
      const end = await holdMembership(call.directory, 'and keeps this host in its cluster already.')
      try {
        const ended = await joinAndStay(call)
        if (ended !== 'forgotten') return ended
      } finally {
        end()
      }
    }
  }
  const joined = await waitFor(call, 'asking etcd', () => joinOnce(call, false))
  await tell(call, joined)
  if (joined.exhausted !== null) throw withMemory(joined.exhausted, call)
  return exitCode.ok
}

/** What is had is remembered by now, and what was asked for may come later. */
const withMemory = (exhausted: BlocksExhaustedError, { directory }: ClusterCall): BlocksExhaustedError =>
  exhausted.blocks.length === 0
    ? exhausted
    : new BlocksExhaustedError(
        `${exhausted.message} They are remembered in ${directory}, and plans use them.`,
        exhausted,
        { cause: exhausted },
      )

/** How this host joined, and what it told of itself. */
interface JoinedNode extends Joined {
  readonly addresses: NodeAddresses
  readonly lease: string
}

const joinOnce = async (call: ClusterCall, renews: boolean): Promise<JoinedNode> => {
  const { options, store, directory, name } = call
  const count = wholeNumber(options, 'count', { from: 1, to: 10_000 }) ?? 1
  const facts = await readHost()
  await refuseAddresses(call, facts)
  const leases = await leasesOf(call)
  const before = await readMember(directory)
  await refuseOtherCluster(call, directory, facts, before)
  const member = await thisMember(directory, name, options.member ?? null)
  let mayHaveClaimed = false
  const commit: ClusterCall['store']['commit'] = (transaction) => {
    mayHaveClaimed = true
    return store.commit(transaction)
  }
  /** Where nothing was claimed, this host has no name of a call that was refused. */
  const refused = async (error: unknown): Promise<never> => {
    if (!mayHaveClaimed || isNameTaken(error)) await forgetName(directory, member, before)
    const lost = error instanceof BlockStoreError && !isOutage(error) ? await noteLoss(call) : null
    // The rules do not know by which name it was asked for.
    const isUnset =
      blockStoreErrorCode(error) === 'CLUSTER_POOLS' && describeCluster(await store.read()).pools.length === 0
    if (isUnset && lost !== null) throw lost
    if (isUnset) throw new BlockStoreError('CLUSTER_POOLS', noPools(name), { cause: error })
    throw isNameTaken(error) && member.blocks.length > 0
      ? nameLost(error, call, member, lost !== null)
      : error
  }
  const { avoid, unread } = hostObstacles(facts, leases)
  // What was not read may be what a block collides with.
  for (const sentence of renews ? [] : unread) call.terminal.say(`portolan: ${sentence}`)
  const lease = await store.grantLease(LEASE_SECONDS).catch(refused)
  const takeover = options.takeover === true
  const request = { lease, renews, count, takeover, avoid }
  const isFirst = before === null || before.cluster !== name || !hasJoined(before)
  const read: ClusterCall['store']['read'] = async () => {
    const snapshot = await store.read()
    const first = { isNamed: options.member !== undefined, asked: options.address ?? [], facts }
    if (isFirst) refuseSecondHost(snapshot, { ...placeOf(call), host: member.host, ...first })
    return snapshot
  }
  const claims = { ...store, read, commit }
  const joined = await joinCluster(claims, directory, member, { leases, facts }, request).catch(refused)
  const remembered = await rememberUrl(call, joined.member)
  const asked = options.address ?? []
  const addresses = await tellAndRemember(call, directory, remembered, facts, asked, joined.seen)
  return { ...joined, member: remembered, addresses, lease }
}

/** For the commands that are printed where none names the cluster. */
const rememberUrl = async (
  { options, directory }: ClusterCall,
  { url: before, ...member }: RememberedMember,
): Promise<RememberedMember> => {
  const url = portableUrl(clusterUrl(options))
  const now = { ...member, ...(url === null ? {} : { url }) }
  return (before ?? null) === url ? now : writeMember(directory, now)
}

/** Remembers what was remembered before a call, or that the host has no name. */
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

/** Before anything is claimed or written: a host that is refused afterwards would have its blocks already. */
const refuseAddresses = async ({ options, store, directory, name }: ClusterCall, facts: HostFacts) => {
  const { address: asked = [], member = null } = options
  if (asked.length === 0) return
  const wanted = askedAddresses(asked, ownAddresses(facts))
  checkAskedAddresses(wanted, await store.read(), await memberName(directory, name, member))
}

/** What this host has to hear of its blocks, be it that it has none. */
const tellTrouble = async (call: ClusterCall, joined: JoinedNode): Promise<void> => {
  const { blocks, leaving, moves, skipped, collisions, addresses } = joined
  const ways = await waysOut(call, [...moves, ...leaving])
  const pools = describeCluster(joined.seen).pools.map(({ pool }) => pool)
  const sentences = [
    ...moves.map((move) => moveText(move, ways)),
    ...leaving.map((block) => leavingText(block, ways, call.name, pools)),
    ...skipped.map(skipText),
    ...collisions.map(collisionText),
    ...unreachableTexts(addresses, blocks),
    ...(await unknownTexts(call, call.name, joined.seen)),
  ]
  for (const sentence of sentences) call.terminal.say(`portolan: ${sentence}`)
}

const tell = async (call: ClusterCall, joined: JoinedNode): Promise<void> => {
  const { member, blocks, claimed, released, leaving, moves, skipped, collisions, addresses } = joined
  const { exhausted } = joined
  const { options, terminal, name } = call
  await tellTrouble(call, joined)
  if (exhausted !== null && options.watch === true)
    terminal.say(`portolan: ${withMemory(exhausted, call).message}`)
  // The error that comes has it.
  if (exhausted !== null && options.watch !== true && (options.json === true || blocks.length === 0)) return
  if (options.json === true) {
    const held = blocks.map(({ block, revision }) => ({ block, revision }))
    const answer = {
      ...{ cluster: name, host: member.host, blocks: held, addresses },
      ...{ claimed, released, leaving, moves, skipped, collisions },
    }
    terminal.print(jsonText(answer, null, options.watch === true ? 0 : 2))
    return
  }
  terminal.print(
    [
      `This host is ${member.host} in cluster ${name}.`,
      ...blocks.map(({ block }) => `${block} ${claimed.includes(block) ? 'claimed' : 'held'}`),
      reachedThrough(addresses),
      ...released.map((block) => `${block} released: no pool has it`),
    ].join('\n'),
  )
}

/** How long a store that does not answer is left alone. */
const PAUSE_MS = 5_000

/** @returns `forgotten`: its state directory was taken away, and what it holds there with it */
const joinAndStay = async (call: ClusterCall): Promise<ExitCode | 'forgotten'> => {
  const stopped = new AbortController()
  const stop = (): void => stopped.abort()
  process.on('SIGTERM', stop).on('SIGINT', stop)
  const { signal } = stopped
  let told = ''
  const outage = openOutage(call.terminal)
  let lease: string | null = null
  let isFirst = true
  try {
    while (!signal.aborted) {
      try {
        const joined = await joinOnce(call, true)
        lease = joined.lease
        const { blocks, leaving, moves, collisions, addresses, member, exhausted, seen } = joined
        // With fewer than it asked for it stays, and claims the others once there is more room.
        const text = JSON.stringify([blocks, leaving, moves, collisions, addresses, exhausted?.missing])
        const isNew = text !== told
        told = text
        if (exhausted !== null && blocks.length === 0) {
          // Networks may be in what it had.
          if (isNew) await tellTrouble(call, joined)
          throw exhausted
        }
        if (isNew) await tell(call, joined)
        if (isFirst) await tellServiceManager(call.terminal)
        isFirst = false
        outage.answered('the blocks of this host are verified, and it counts as alive.')
        const look = async (snapshot: BlockSnapshot): Promise<boolean> => {
          await rememberNeighbours(call.directory, member, snapshot)
          return arePoolsWritten(seen, snapshot) || (exhausted !== null && roomIn(snapshot) > roomIn(seen))
        }
        const isKept = (): Promise<boolean> => isRemembered(call.directory, member)
        const why = await stayAlive(call.store, member, lease, signal, look, isKept).catch(async (error) => {
          // What could not be written, as it was taken away at that instant.
          if (await isKept()) throw error
          return 'memory' as const
        })
        if (why === 'memory') {
          call.terminal.say(
            `portolan: the state directory ${call.directory} no longer says that this host is ${member.host} in cluster ${call.name}: it was taken away or replaced while this ran. It joins as a host that remembers nothing.`,
          )
          return 'forgotten'
        }
      } catch (error) {
        // Blocks are this host's whether or not etcd answers. What will not mend itself ends it.
        if (isFirst || !mayMend(error)) throw error
        outage.failed(error)
        // etcd may renew the lease of a host that it does not let in: the host is alive as long as it does.
        if (lease !== null) await call.store.keepLease(lease).catch(() => undefined)
        await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  } finally {
    process.off('SIGTERM', stop).off('SIGINT', stop)
    // Stopped on purpose: no other host need wait for the lease to run out.
    if (lease !== null) await call.store.revokeLease(lease).catch(() => undefined)
  }
  return exitCode.ok
}

/** What cannot be read is told by what needs it. */
const isRemembered = async (directory: string, { incarnation }: RememberedMember): Promise<boolean> => {
  try {
    return (await readMember(directory))?.incarnation === incarnation
  } catch {
    return true
  }
}

/** How many blocks no host holds, of any family. */
const roomIn = (snapshot: BlockSnapshot): bigint =>
  describeCluster(snapshot).pools.reduce((sum, { blocks, held }) => sum + blocks - BigInt(held), 0n)

const mayMend = (error: unknown): boolean =>
  isOutage(error) || (error instanceof BlockStoreError && error.code === 'CLUSTER_EXHAUSTED')
