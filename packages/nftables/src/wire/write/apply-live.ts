import type { NetlinkSocket, RuleApplyOptions } from '@portolan/core'
import { checkApplyOptions } from '@portolan/core/planning'
import { PortolanError } from '@portolan/netfilter'
import type { NftablesChange } from '../../model/change.ts'
import { readReply } from '../reply.ts'
import { encodeBatch } from './batch.ts'
import { areLonger } from './least-bytes.ts'
import { refusal } from './refusal.ts'

/** @public @since 0.1.0 */
export type LiveOptions = Pick<RuleApplyOptions, 'generation'>

/**
 * The next sequence number of each socket. Numbers continue from batch to batch, so that a reply belongs to one batch
 * only.
 */
const sequences = new WeakMap<NetlinkSocket, number>()

/** Was the batch longer than the host lets a socket send at once (net.core.wmem_max)? Then nothing was sent. */
const isTooLong = (error: unknown): boolean =>
  error instanceof PortolanError &&
  error.code === 'NETLINK' &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  error.cause.code === 'EMSGSIZE'

/**
 * Carries out changes over a netlink socket, in one transaction, without a process.
 *
 * @returns false, with nothing done, when `compile` never makes such changes, or the batch is longer than the host
 *   can send at once; then pass the changes to `apply`
 * @throws StaleStateError when an object to create exists already, an object to change is gone, or the rules are of
 *   another generation than the named one
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws ApplyError with the errno and the command, for anything else the kernel refuses
 * @example
 * if (!(await applyLive(changes, socket))) await apply(changes, runner)
 * @public @since 0.1.0
 */
export const applyLive = async (
  changes: readonly Pick<NftablesChange, 'operation'>[],
  socket: NetlinkSocket,
  options: LiveOptions = {},
): Promise<boolean> => {
  checkApplyOptions(options, 'applyLive')
  return sendChanges(changes, socket, options.generation ?? null)
}

/**
 * Do changes only remove elements? Such a batch needs no part of the kernel. An element may be missing also in the
 * generation that the batch names: a live host writes its journal before the rules, so another one may remove a port
 * between the two.
 */
const onlyRemove = (changes: readonly Pick<NftablesChange, 'operation'>[]): boolean =>
  changes.every(({ operation }) => operation.kind === 'remove-element')

/** Does what `applyLive` does, with checked arguments. */
export const sendChanges = async (
  changes: readonly Pick<NftablesChange, 'operation'>[],
  socket: NetlinkSocket,
  generation: number | null,
): Promise<boolean> => {
  if (changes.length === 0) return true
  // A batch that is too long is not encoded. Its ten megabytes would stay in memory beside the script with the same
  // changes.
  if (socket.longest !== undefined && areLonger(changes, socket.longest)) return false
  const batch = encodeBatch(changes, sequences.get(socket) ?? 1, generation)
  if (batch === null) return false
  sequences.set(socket, batch.nextSequence)
  try {
    for (const message of await socket.request(batch.datagram, batch.expect)) {
      const reply = readReply(message)
      if (reply !== null && reply.errno !== 0)
        throw refusal(batch, reply, generation !== null && !onlyRemove(changes))
    }
  } catch (error) {
    if (isTooLong(error)) return false
    throw error
  }
  return true
}
