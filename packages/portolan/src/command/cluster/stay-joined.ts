import { setTimeout as delay } from 'node:timers/promises'
import { type BlockSnapshot, BlockStoreError, describeCluster } from '@portolan/core'
import { arePoolsWritten } from '@portolan/core/planning'
import { type RememberedMember, readMember } from '@portolan/host'
import { refuseLostData, unknownTexts } from '../../cluster/lost-data.ts'
import { rememberNeighbours } from '../../cluster/remember-neighbours.ts'
import { isOutage } from '../../cluster/reported-faults.ts'
import { stayAlive } from '../../cluster/stay-alive.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { tellServiceManager } from '../output/tell-service-manager.ts'
import { type ClusterCall, placeOf } from './call.ts'
import { joinOnce } from './join-once.ts'
import { openOutage } from './outage.ts'
import { tell, tellTrouble } from './tell-joined.ts'

/** The pause after an error of etcd, in milliseconds. */
const PAUSE_MS = 5_000

/**
 * What this host was before its state directory was taken away. The hold of this process there is gone with the
 * directory.
 */
export interface Forgotten {
  readonly was: RememberedMember
}

/**
 * Joins, and keeps this host alive in its cluster.
 *
 * @param was - what this host was before, under this process; null: nothing
 */
export const stayJoined = async (
  call: ClusterCall,
  was: RememberedMember | null,
): Promise<ExitCode | Forgotten> => {
  const stopped = new AbortController()
  const stop = (): void => stopped.abort()
  process.on('SIGTERM', stop).on('SIGINT', stop)
  const { signal } = stopped
  let reported = ''
  const outage = openOutage(call.terminal)
  let lease: string | null = null
  let isFirst = true
  let last: RememberedMember | null = null
  const forgotten = (member: RememberedMember): Forgotten => {
    call.terminal.say(
      `portolan: the state directory ${call.directory} no longer says that this host is ${member.host} in cluster ${call.name}: it was taken away or replaced while this ran. It joins as a host that remembers nothing.`,
    )
    return { was: member }
  }
  try {
    while (!signal.aborted) {
      try {
        // This is checked even while etcd does not answer.
        if (last !== null && !(await isRemembered(call.directory, last))) return forgotten(last)
        const joined = await joinOnce(call, true, was)
        lease = joined.lease
        const { blocks, leaving, moves, collisions, addresses, member, exhausted, seen, loss } = joined
        if (loss !== null && isFirst) call.terminal.say(`portolan: ${loss.error.message}`)
        else if (loss !== null) outage.failed(loss.error)
        // With fewer blocks than were asked for, this host stays joined. It claims the others once there is more room.
        const unknown = await unknownTexts(placeOf(call), call.name)
        const text = JSON.stringify([
          ...[blocks, leaving, moves, collisions, addresses, unknown],
          exhausted?.missing,
        ])
        const isNew = text !== reported
        reported = text
        if (exhausted !== null && blocks.length === 0) {
          // Networks may be in the blocks that this host had.
          if (isNew) await tellTrouble(call, joined)
          throw exhausted
        }
        if (isNew) await tell(call, joined)
        if (isFirst) await tellServiceManager(call.terminal)
        isFirst = false
        last = member
        outage.answered('the blocks of this host are verified, and it counts as alive.')
        const look = async (snapshot: BlockSnapshot): Promise<boolean> => {
          // After a loss of data, what is remembered stays until this host has joined anew.
          await refuseLostData(placeOf(call), call.name, snapshot, () => call.store.read())
          await rememberNeighbours(call.directory, member, snapshot)
          const isUnchanged = (await unknownTexts(placeOf(call), call.name)).join() === unknown.join()
          const hasRoom = exhausted !== null && roomIn(snapshot) > roomIn(seen)
          return !isUnchanged || hasRoom || arePoolsWritten(seen, snapshot)
        }
        const isKept = (): Promise<boolean> => isRemembered(call.directory, member)
        const why = await stayAlive(call.store, member, lease, signal, look, isKept).catch(async (error) => {
          // The write failed because the directory was taken away at that moment.
          if (await isKept()) throw error
          return 'memory' as const
        })
        if (why === 'memory') return forgotten(member)
      } catch (error) {
        // The blocks are this host's whether or not etcd answers. Only an error that cannot mend by itself ends this.
        if ((isFirst && was === null) || !mayMend(error)) throw error
        outage.failed(error)
        // etcd may renew the lease of a host that it does not let in. The host is alive as long as etcd does.
        if (lease !== null) await call.store.keepLease(lease).catch(() => undefined)
        await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  } finally {
    process.off('SIGTERM', stop).off('SIGINT', stop)
    // This stop is on purpose, so no other host has to wait until the lease runs out.
    if (lease !== null) await call.store.revokeLease(lease).catch(() => undefined)
  }
  return exitCode.ok
}

/** Does the state directory still say what this host is? If it cannot be read, the code that needs it reports that. */
const isRemembered = async (directory: string, { incarnation }: RememberedMember): Promise<boolean> => {
  try {
    return (await readMember(directory))?.incarnation === incarnation
  } catch {
    return true
  }
}

/** The number of blocks that no host holds, of any family. */
const roomIn = (snapshot: BlockSnapshot): bigint =>
  describeCluster(snapshot).pools.reduce((sum, { blocks, held }) => sum + blocks - BigInt(held), 0n)

const mayMend = (error: unknown): boolean =>
  isOutage(error) || (error instanceof BlockStoreError && error.code === 'CLUSTER_EXHAUSTED')
