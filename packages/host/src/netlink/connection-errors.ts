import { PortolanError } from '@portolan/netfilter'
import { errorCode, errorMessage } from '@portolan/netfilter/schema'

/** An exchange with the kernel that failed, with the reason, its code, and what to do. */
export const netlinkError = (
  reason: string,
  code: string,
  cause?: unknown,
  remedy = 'Run this again.',
): PortolanError =>
  new PortolanError(
    'NETLINK',
    {
      problem: `The exchange with the kernel over netlink failed: ${reason} (${code}).`,
      remedy: () => remedy,
    },
    { cause },
  )

/** The error of a `recvmsg` that failed. */
export const receiveError = (error: unknown): PortolanError =>
  errorCode(error) === 'ENOBUFS'
    ? netlinkError('replies were lost because the receive buffer overflowed', 'ENOBUFS', error)
    : netlinkError(errorMessage(error), errorCode(error) || 'unknown', error)

/** The error of a `sendmsg` that failed. @param length - the bytes that were sent */
export const sendError = (error: unknown, length: number): PortolanError =>
  errorCode(error) === 'EMSGSIZE'
    ? netlinkError(
        `${length} bytes do not fit into the send buffer`,
        'EMSGSIZE',
        error,
        `Raise net.core.wmem_max to ${length} or more, and run this again.`,
      )
    : netlinkError(errorMessage(error), errorCode(error) || 'unknown', error)

/** The error of a request that the kernel has not taken: `sendmsg` answered ENOBUFS again and again. */
export const unsentError = (): PortolanError =>
  netlinkError(
    'the kernel has no memory for the request',
    'ENOBUFS',
    undefined,
    'The request was not sent. Free memory on this host, and run this again.',
  )
