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
import { afterSilence } from '../turn/after-silence.ts'
import { mayGoOn } from '../turn/event-loop-turn.ts'
import { type DirectSocket, findDirectSocket } from './direct-socket.ts'

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
  /** The most bytes that one datagram may have. */
  readonly longest: number
  close(): void
}

/** What of the send buffer no datagram may take (`netlink_sendmsg`). */
const KEPT_FREE = 32

/** How long the kernel may stay silent. It answers within the system call, so silence is a bug, not a wait. */
const SILENCE_MS = 30_000

/** A socket that was used so often is worth finding its descriptor, which takes a tenth of a millisecond. */
const OFTEN = 8
/** So many datagrams are read at once; the event loop reads the rest. */
const AT_ONCE = 32

/** A socket, and the quick way to it. */
interface Way {
  readonly socket: RawNetlinkSocket
  uses: number
  /** Undefined: not looked for yet. */
  direct: DirectSocket | null | undefined
}

/**
 * Opens a socket of one netlink protocol in the network namespace of this process.
 *
 * @throws PortolanError (`NETLINK`) from `exchange` when the kernel's replies were lost or never came
 */
export const openConnection = (protocol: number, silenceMs: number = SILENCE_MS): NetlinkConnection => {
  let listing: Way | null = null
  const waiting: Exchange[] = []
  let current: Exchange | null = null
  let open = true
  let sequences = new Set<number>()
  let answers = 0
  let ending = false
  /** Ends what runs while the event loop is waited for. */
  let answered: (() => void) | null = null
  let isStarting = false

  const settle = (error: Error | null): void => {
    const done = current
    if (done === null) return
    current = null
    if (answered !== null) {
      answered()
      answered = null
      if (open) used.socket.unref()
    }
    if (error === null) done.resolve()
    else done.reject(error)
    start()
  }

  // An answer that is no listing is 36 bytes, of which a transaction has thousands: room for a listing is not for each.
  const wayFor = (isListing: boolean): Way => {
    if (!isListing) return plain
    listing ??= wayOver(openSocket(protocol, { messagePeeking: false, msgBufferSize: LISTING_BYTES }))
    return listing
  }

  const start = (): void => {
    // What is answered at once starts the next one from here, not from within.
    if (isStarting) return
    isStarting = true
    for (let next = waiting[0]; current === null && open && next !== undefined; next = waiting[0]) {
      waiting.shift()
      begin(next)
    }
    isStarting = false
  }

  const begin = (next: Exchange): void => {
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
      used = wayFor(isListing)
    } catch (error) {
      settle(error instanceof Error ? error : new Error(String(error)))
      return
    }
    const direct = directTo(used)
    if (direct === null || mayGoOn()) carryOut(next, direct)
    // Other sockets and timers have their turn first. The event loop is not needed for the answer.
    else
      setImmediate(() => {
        if (current === next) carryOut(next, direct)
      })
  }

  const carryOut = (next: Exchange, direct: DirectSocket | null): void => {
    const isSent = direct !== null && sendDirectly(direct, next)
    if (current !== next) return
    used.socket.ref()
    answered = afterSilence(silenceMs, () => settle(netlinkError('the kernel did not answer', 'ETIMEDOUT')))
    if (isSent) return
    used.socket.send(next.datagram, {}, (error) => {
      if (error !== undefined && current === next) settle(sendError(error, next.datagram.length))
    })
  }

  /** @returns was it sent? What is not answered then is answered through the event loop. */
  const sendDirectly = (direct: DirectSocket, exchange: Exchange): boolean => {
    try {
      if (!direct.send(exchange.datagram)) return false
    } catch (error) {
      settle(sendError(error as NodeJS.ErrnoException, exchange.datagram.length))
      return true
    }
    try {
      for (let count = 0; count < AT_ONCE && current === exchange; count += 1) {
        const datagram = direct.receive()
        if (datagram !== null) eachMessage(datagram, receive)
        // All answers to a refused batch have been read.
        else if (ending) settle(null)
        else break
      }
    } catch (error) {
      settle(receiveError(error as NodeJS.ErrnoException))
    }
    return true
  }

  const directTo = (way: Way): DirectSocket | null => {
    way.uses += 1
    if (way.uses < OFTEN) return null
    if (way.direct === undefined) way.direct = findDirectSocket(protocol, way.socket.address().port)
    return way.direct
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

  const wayOver = (socket: RawNetlinkSocket): Way => {
    const way: Way = { socket, uses: 0, direct: undefined }
    socket.on('message', (datagram, info) => {
      // Port 0 is the kernel: any process may send to our port, only the kernel is believed.
      if (info.port === 0) eachMessage(datagram, receive)
    })
    socket.on('truncatedMessage', (_datagram, info) => {
      if (info.port === 0) settle(netlinkError(`a reply was longer than ${LISTING_BYTES} bytes`, 'EMSGSIZE'))
    })
    socket.on('error', (error) => {
      // It may be closed now, and its number another file's.
      way.direct = null
      settle(receiveError(error))
    })
    socket.unref()
    return way
  }
  const plain = wayOver(openSocket(protocol, {}))
  let used = plain

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
    longest: plain.socket.getSendBufferSize() - KEPT_FREE,
    close: () => {
      if (!open) return
      open = false
      plain.socket.close()
      listing?.socket.close()
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

const receiveError = (error: NodeJS.ErrnoException): PortolanError =>
  error.code === 'ENOBUFS'
    ? netlinkError('replies were lost because the receive buffer overflowed', 'ENOBUFS', error)
    : netlinkError(error.message, error.code ?? 'unknown', error)

const sendError = (error: NodeJS.ErrnoException, length: number): PortolanError =>
  error.code === 'EMSGSIZE'
    ? netlinkError(
        `${length} bytes do not fit into the send buffer; raise net.core.wmem_max to ${length} or more`,
        'EMSGSIZE',
        error,
      )
    : netlinkError(error.message, error.code ?? 'unknown', error)
