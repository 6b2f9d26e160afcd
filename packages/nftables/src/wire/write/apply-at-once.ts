import type { NetlinkSocket, RuleApplyOptions } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import type { NftablesChange } from '../../diff/change.ts'
import { readReply } from '../reply.ts'
import { type Batch, encodeBatch } from './batch.ts'
import { areLonger } from './least-bytes.ts'
import { refusal } from './refusal.ts'

/** Numbers go on from batch to batch, so that no reply is taken for another's. */
const sequences = new WeakMap<NetlinkSocket, number>()

/** Nothing was sent: the batch is longer than the host lets a socket send at once (net.core.wmem_max). */
const isTooLong = (error: unknown): boolean =>
  error instanceof PortolanError &&
  error.code === 'NETLINK' &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  error.cause.code === 'EMSGSIZE'

/** As `applyLive`, without a promise where the kernel has carried them out by now. */
export const applyAtOnce = (
  changes: readonly Pick<NftablesChange, 'operation'>[],
  socket: NetlinkSocket,
  { generation = null }: Pick<RuleApplyOptions, 'generation'>,
): boolean | Promise<boolean> => {
  if (changes.length === 0) return true
  // Ten megabytes that are never sent would stay beside the script that says the same.
  if (socket.longest !== undefined && areLonger(changes, socket.longest)) return false
  const batch = encodeBatch(changes, sequences.get(socket) ?? 1, generation)
  if (batch === null) return false
  sequences.set(socket, batch.nextSequence)
  const replies = socket.request(batch.datagram, batch.expect)
  if (Array.isArray(replies)) return isTaken(batch, replies)
  // The socket may be the caller's, and its promise of another realm.
  return Promise.resolve(replies).then(
    (messages) => isTaken(batch, messages),
    (error) => {
      if (isTooLong(error)) return false
      throw error
    },
  )
}

/** @throws as `applyLive`, where the kernel refused the batch */
const isTaken = (batch: Batch, replies: readonly Uint8Array[]): true => {
  for (const message of replies) {
    const reply = readReply(message)
    if (reply !== null && reply.errno !== 0) throw refusal(batch, reply)
  }
  return true
}
