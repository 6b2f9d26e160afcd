import {
  answeredType,
  eachMessage,
  errorNumber,
  type MessageView,
  NLM_F_DUMP,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '@portolan/core/netlink'
import { PortolanError } from '@portolan/netfilter'
// The entry of the package loads what it knows of Wi-Fi, WireGuard and routes too, which takes half a start of Node.
import { RawNetlinkSocket, type RawNetlinkSocketOptions } from 'netlink/dist/raw.js'

/** include/uapi/linux/netfilter/nfnetlink.h: NFNL_MSG_BATCH_BEGIN. */
const BATCH_BEGIN = 0x10

/**
 * Asked of the kernel for both directions; it grants what net.core.{w,r}mem_max allow. A batch must fit into
 * the send buffer (`netlink_sendmsg` answers EMSGSIZE), and its acks into the receive buffer (ENOBUFS).
 */
const BUFFER_BYTES = 8 << 20

/**
 * Room for each datagram of a listing. The kernel fills so much of one, and no more, for a socket that has once read
 * with as much room; else a page (net/netlink/af_netlink.c, `netlink_dump`). It counts the elements of a set from the
 * first again for each datagram (nft_set_hash.c, `nft_rhash_walk`), so a listing in pages takes it many times as long.
 */
const LISTING_BYTES = 32_768

interface Exchange {
  readonly datagram: Buffer
  readonly expect: number
  readonly visit: (message: MessageView) => void
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** A netlink socket with one exchange under way at a time; the others wait in the order they came. */
export interface NetlinkConnection {
  /**
   * Sends a datagram and visits each reply message, the ending ones included. Resolves after `expect` acks or
   * errors, after a dump's NLMSG_DONE, or when the kernel refuses an nfnetlink batch as a whole.
   */
  exchange(datagram: Uint8Array, expect: number, visit: (message: MessageView) => void): Promise<void>
  close(): void
}

/** How long the kernel may stay silent. It answers within the system call, so silence is a bug, not a wait. */
const SILENCE_MS = 30_000

/**
 * Opens a socket of one netlink protocol in the network namespace of this process.
 *
 * @throws PortolanError (`NETLINK`) from `exchange` when the kernel's replies were lost or never came
 */
export const openConnection = (protocol: number): NetlinkConnection => {
  const plain = openSocket(protocol, {})
  let listing: RawNetlinkSocket | null = null
  let used = plain
  const waiting: Exchange[] = []
  let current: Exchange | null = null
  let open = true
  let sequences = new Set<number>()
  let answers = 0
  let ending = false
  let silence: NodeJS.Timeout | undefined

  const settle = (error: Error | null): void => {
    const done = current
    if (done === null) return
    current = null
    clearTimeout(silence)
    if (open) used.unref()
    if (error === null) done.resolve()
    else done.reject(error)
    start()
  }

  // An answer that is no listing is 36 bytes, of which a transaction has thousands: room for a listing is not for each.
  const socketFor = (isListing: boolean): RawNetlinkSocket => {
    if (!isListing) return plain
    listing ??= hear(openSocket(protocol, { messagePeeking: false, msgBufferSize: LISTING_BYTES }))
    return listing
  }

  const start = (): void => {
    if (current !== null || !open) return
    const next = waiting.shift()
    if (next === undefined) return
    current = next
    answers = 0
    ending = false
    sequences = new Set()
    let isListing = false
    eachMessage(next.datagram, ({ sequence, flags }) => {
      sequences.add(sequence)
      isListing ||= (flags & NLM_F_DUMP) === NLM_F_DUMP
    })
    try {
      used = socketFor(isListing)
    } catch (error) {
      settle(error instanceof Error ? error : new Error(String(error)))
      return
    }
    used.ref()
    silence = setTimeout(() => settle(netlinkError('the kernel did not answer', 'ETIMEDOUT')), SILENCE_MS)
    used.send(next.datagram, {}, (error) => {
      if (error !== undefined && current === next) settle(sendError(error, next.datagram.length))
    })
  }

  const receive = (part: MessageView): void => {
    // A reply to an exchange that has ended, or a notification, has another sequence number.
    if (current === null || !sequences.has(part.sequence)) return
    try {
      current.visit(part)
    } catch (error) {
      settle(error instanceof Error ? error : new Error(String(error)))
      return
    }
    if (part.type === NLMSG_DONE) {
      settle(null)
    } else if (part.type === NLMSG_ERROR) {
      answers += 1
      const failed = errorNumber(part) !== 0
      if (answers < Math.max(1, current.expect) && !(failed && answeredType(part) === BATCH_BEGIN)) return
      // After an error more answers than were asked for may be queued (nfnetlink reports each bad message of
      // a batch); they belong to this exchange, not to the next one that uses the same sequence number.
      if (!failed) settle(null)
      else if (!ending) {
        ending = true
        const ended = current
        setImmediate(() => {
          if (current === ended) settle(null)
        })
      }
    }
  }

  const hear = (socket: RawNetlinkSocket): RawNetlinkSocket => {
    socket.on('message', (datagram, info) => {
      // Port 0 is the kernel: any process may send to our port, only the kernel is believed.
      if (info.port === 0) eachMessage(datagram, receive)
    })
    socket.on('truncatedMessage', (_datagram, info) => {
      if (info.port === 0) settle(netlinkError(`a reply was longer than ${LISTING_BYTES} bytes`, 'EMSGSIZE'))
    })
    socket.on('error', (error) => {
      settle(
        error.code === 'ENOBUFS'
          ? netlinkError('replies were lost because the receive buffer overflowed', 'ENOBUFS', error)
          : netlinkError(error.message, error.code, error),
      )
    })
    socket.unref()
    return socket
  }
  hear(plain)

  return {
    exchange: (datagram, expect, visit) =>
      new Promise((resolve, reject) => {
        if (!open) {
          reject(netlinkError('the socket is closed', 'EBADF'))
          return
        }
        const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength)
        waiting.push({ datagram: bytes, expect, visit, resolve, reject })
        start()
      }),
    close: () => {
      if (!open) return
      open = false
      plain.close()
      listing?.close()
      const closed = netlinkError('the socket was closed', 'EBADF')
      settle(closed)
      for (const exchange of waiting.splice(0)) exchange.reject(closed)
    },
  }
}

type SocketOptions = Pick<RawNetlinkSocketOptions, 'messagePeeking' | 'msgBufferSize'>

const openSocket = (protocol: number, options: SocketOptions): RawNetlinkSocket =>
  new RawNetlinkSocket(protocol, {
    ...options,
    recvBufferSize: BUFFER_BYTES,
    sendBufferSize: BUFFER_BYTES,
  })

const netlinkError = (reason: string, code: string, cause?: unknown): PortolanError =>
  new PortolanError('NETLINK', `The exchange with the kernel over netlink failed: ${reason} (${code}).`, {
    cause,
  })

const sendError = (error: NodeJS.ErrnoException, length: number): PortolanError =>
  error.code === 'EMSGSIZE'
    ? netlinkError(
        `${length} bytes do not fit into the send buffer; raise net.core.wmem_max to ${length} or more`,
        'EMSGSIZE',
        error,
      )
    : netlinkError(error.message, error.code ?? 'unknown', error)
