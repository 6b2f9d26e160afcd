import {
  doneNumber,
  errorNumber,
  type MessageView,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '@portolan/core/netlink'
import { InspectError } from '@portolan/netfilter'
import { concatenate } from './attribute.ts'
import { changeError, errnoText, type Refusals } from './change-error.ts'
import type { NetlinkConnection } from './connection.ts'
import { EACCES, EPERM } from './errno.ts'
import { message } from './message.ts'

let lastSequence = 0
const sequence = (): number => {
  lastSequence = (lastSequence + 1) >>> 0
  return lastSequence
}

/**
 * Lists all objects of one kind.
 *
 * @returns false when the list changed while it was read, as the kernel reports (NLM_F_DUMP_INTR): ask again
 * @throws InspectError when the kernel refuses; its `exitCode` is the errno
 */
export const dump = async (
  connection: NetlinkConnection,
  type: number,
  payload: Uint8Array,
  visit: (message: MessageView) => void,
): Promise<boolean> => {
  let errno = 0
  let consistent = true
  const request = message(type, NLM_F_REQUEST | NLM_F_DUMP, sequence(), payload)
  await connection.exchange(request, 1, (part) => {
    if ((part.flags & NLM_F_DUMP_INTR) !== 0) consistent = false
    if (part.type === NLMSG_ERROR) errno = errorNumber(part)
    // A dump that fails midway ends with a DONE that holds a negative errno.
    else if (part.type === NLMSG_DONE) errno = doneNumber(part)
    else visit(part)
  })
  if (errno === 0) return consistent
  throw refusedReading(type, errno)
}

/** One message that changes something, with its effect in words. */
export interface NetlinkChange {
  readonly type: number
  readonly flags?: number
  readonly payload: readonly Uint8Array[]
  readonly does: string
  /** What the kernel's errors mean for this change, where they mean more than for another. */
  readonly refusals?: Refusals
}

/**
 * Sends changes in one datagram. The kernel carries them out within one system call, so a killed process has made none
 * or all of them. A change that fails does not stop the ones after it.
 *
 * @returns an errno for each change, 0 where the change was made
 */
export const send = async (
  connection: NetlinkConnection,
  changes: readonly NetlinkChange[],
): Promise<readonly number[]> => {
  const numbers = changes.map(sequence)
  const datagram = concatenate(
    changes.map((change, index) =>
      message(
        change.type,
        NLM_F_REQUEST | NLM_F_ACK | (change.flags ?? 0),
        numbers[index] ?? 0,
        ...change.payload,
      ),
    ),
  )
  const errnos = new Map<number, number>()
  await connection.exchange(datagram, changes.length, (part) => {
    if (part.type === NLMSG_ERROR) errnos.set(part.sequence, errorNumber(part))
  })
  return numbers.map((number) => errnos.get(number) ?? 0)
}

/**
 * Sends changes in one datagram, and throws where the kernel refuses one.
 *
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws ApplyError for the first change that the kernel refused
 */
export const change = async (
  connection: NetlinkConnection,
  changes: readonly NetlinkChange[],
): Promise<void> => {
  if (changes.length === 0) return
  const errnos = await send(connection, changes)
  const failed = errnos.findIndex((errno) => errno !== 0)
  const refused = changes[failed]
  if (refused === undefined) return
  throw changeError(refused.does, errnos[failed] ?? 0, done(changes, errnos), refused.refusals)
}

const done = (changes: readonly NetlinkChange[], errnos: readonly number[]): readonly string[] =>
  changes.filter((_, index) => errnos[index] === 0).map((change) => change.does)

/**
 * Reads one object.
 *
 * @param absent - the errno that means that the object does not exist, which is no error
 * @throws InspectError when the kernel refuses for another reason; its `exitCode` is the errno
 */
export const get = async (
  connection: NetlinkConnection,
  type: number,
  payload: readonly Uint8Array[],
  absent: number,
  visit: (message: MessageView) => void,
): Promise<void> => {
  let errno = 0
  const request = message(type, NLM_F_REQUEST | NLM_F_ACK, sequence(), ...payload)
  await connection.exchange(request, 1, (part) => {
    if (part.type === NLMSG_ERROR) errno = errorNumber(part)
    else visit(part)
  })
  if (errno !== 0 && errno !== absent) throw refusedReading(type, errno)
}

const refusedReading = (type: number, errno: number): InspectError => {
  const problem = `The kernel refused a netlink request that reads (type ${type}): ${errnoText(errno)}.`
  const isDenied = errno === EPERM || errno === EACCES
  return new InspectError(
    {
      problem,
      remedy: () =>
        isDenied
          ? 'That needs the capability CAP_NET_ADMIN: run this as root.'
          : 'Run this again. If the kernel refuses it each time, it was built without what the request reads.',
    },
    { command: `netlink request ${type}`, exitCode: errno, stderr: errnoText(errno) },
  )
}
