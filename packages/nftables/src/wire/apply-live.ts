import type { NetlinkSocket } from '@portolan/core'
import { ApplyError, PermissionError, StaleStateError } from '@portolan/netfilter'
import type { NftablesChange } from '../diff/change.ts'
import { type Batch, encodeBatch } from './batch.ts'
import { readReply } from './reply.ts'

/** include/uapi/asm-generic/errno-base.h */
const EPERM = 1
const ENOENT = 2
const EEXIST = 17
/** The answer to a batch for another generation of the rules (include/uapi/asm-generic/errno.h). */
const ERESTART = 85

const names: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  17: 'EEXIST',
  22: 'EINVAL',
  85: 'ERESTART',
}

const failure = (batch: Batch, sequence: number, errno: number): Error => {
  const subject = batch.changes.get(sequence) ?? 'the batch'
  const said = `${names[errno] ?? `errno ${errno}`} (${subject})`
  if (errno === EPERM)
    return new PermissionError(
      'Cannot change nftables: the kernel asks for the capability CAP_NET_ADMIN. Run this as root, or with "sudo".',
      'CAP_NET_ADMIN',
    )
  if (errno === ENOENT || errno === EEXIST || errno === ERESTART)
    return new StaleStateError(
      `The rules of this host changed since they were read: the kernel answered ${said}. Nothing was applied`,
      { advice: 'plan again' },
    )
  return new ApplyError(`The kernel refused the changes: ${said}. Nothing was applied.`, {
    applied: [],
    stderr: said,
    offending: subject,
  })
}

/** @public @since 0.1.0 */
export interface LiveOptions {
  /**
   * The generation of the rules that the changes are for, from `generation`: in any other they are refused, as another program
   * may have taken away the rules that make these elements work. Null or absent: only the maps have to be there.
   */
  readonly generation?: number | null
}

/** Numbers go on from batch to batch, so that no reply is taken for another's. */
const sequences = new WeakMap<NetlinkSocket, number>()

/**
 * Carries out changes of elements over a netlink socket, in one transaction, without a process: what
 * publishing one port on a running host takes.
 *
 * @returns false, with nothing done, when the changes are of more than elements of exact-match maps: hand them
 * to `apply`
 * @throws StaleStateError when an element is already there, or gone, or its map is not there, or the rules are of
 * another generation than the one named
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws ApplyError with the errno, for anything else the kernel refuses
 * @example
 * if (!(await applyLive(changes, socket))) await apply(changes, runner)
 * @public @since 0.1.0
 */
export const applyLive = async (
  changes: readonly NftablesChange[],
  socket: NetlinkSocket,
  { generation = null }: LiveOptions = {},
): Promise<boolean> => {
  if (changes.length === 0) return true
  const batch = encodeBatch(changes, sequences.get(socket) ?? 1, generation)
  if (batch === null) return false
  sequences.set(socket, batch.nextSequence)
  for (const message of await socket.request(batch.datagram, batch.expect)) {
    const reply = readReply(message)
    if (reply !== null && reply.errno !== 0) throw failure(batch, reply.sequence, reply.errno)
  }
  return true
}
