import type { NetlinkSocket, RuleApplyOptions } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import type { NftablesChange } from '../../diff/change.ts'
import { readReply } from '../reply.ts'
import { encodeBatch } from './batch.ts'
import { areLonger } from './least-bytes.ts'
import { refusal } from './refusal.ts'

/** @public @since 0.1.0 */
export type LiveOptions = Pick<RuleApplyOptions, 'generation'>

/** Numbers go on from batch to batch, so that no reply is taken for another's. */
const sequences = new WeakMap<NetlinkSocket, number>()

/** Nothing was sent: the batch is longer than the host lets a socket send at once (net.core.wmem_max). */
const isTooLong = (error: unknown): boolean =>
  error instanceof PortolanError &&
  error.code === 'NETLINK' &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  error.cause.code === 'EMSGSIZE'

/**
 * Carries out changes over a netlink socket, in one transaction, without a process.
 *
 * @returns false, with nothing done, when the changes are of what `compile` never makes, or of more than the host lets
 * be sent at once: hand them to `apply`
 * @throws StaleStateError when what they create is already there, what they name is gone, or the rules are of
 * another generation than the one named
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws ApplyError with the errno and the command, for anything else the kernel refuses
 * @example
 * if (!(await applyLive(changes, socket))) await apply(changes, runner)
 * @public @since 0.1.0
 */
export const applyLive = async (
  changes: readonly Pick<NftablesChange, 'operation'>[],
  socket: NetlinkSocket,
  { generation = null }: LiveOptions = {},
): Promise<boolean> => {
  if (changes.length === 0) return true
  // Ten megabytes that are never sent would stay beside the script that says the same.
  if (socket.longest !== undefined && areLonger(changes, socket.longest)) return false
  const batch = encodeBatch(changes, sequences.get(socket) ?? 1, generation)
  if (batch === null) return false
  sequences.set(socket, batch.nextSequence)
  try {
    for (const message of await socket.request(batch.datagram, batch.expect)) {
      const reply = readReply(message)
      if (reply !== null && reply.errno !== 0) throw refusal(batch, reply)
    }
  } catch (error) {
    if (isTooLong(error)) return false
    throw error
  }
  return true
}
