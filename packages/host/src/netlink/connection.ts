import {
  answeredType,
  eachMessage,
  errorNumber,
  type MessageView,
  NLM_F_DUMP,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '@portolan/core/netlink'
import type { RawNetlinkSocket, RawNetlinkSocketOptions } from 'netlink/dist/raw.js'
import { afterSilence } from '../turn/after-silence.ts'
import { mayGoOn } from '../turn/event-loop-turn.ts'
import { netlinkError, receiveError, sendError, unsentError } from './connection-errors.ts'
import { type DirectSocket, findDirectSocket } from './direct-socket.ts'
import { rawNetlink } from './raw-netlink.ts'

/** include/uapi/linux/netfilter/nfnetlink.h: NFNL_MSG_BATCH_BEGIN. */
const BATCH_BEGIN = 0x10

/**
 * The buffer size requested for both directions. The kernel grants what net.core.{w,r}mem_max allow. A batch must fit
 * into the send buffer (`netlink_sendmsg` answers EMSGSIZE), and its acks into the receive buffer (ENOBUFS).
 */
const BUFFER_BYTES = 8 << 20

/**
 * The room for each datagram of a listing, in bytes. The kernel fills a datagram up to this size only for a socket that
 * has read with so much room before. Otherwise it fills a page (net/netlink/af_netlink.c, `netlink_dump`). For each
 * datagram it counts the elements of a set from the first again (nft_set_hash.c, `nft_rhash_walk`). So a listing in
 * pages takes many times as long.
 */
const LISTING_BYTES = 32_768

interface Exchange {
  readonly datagram: Buffer
  readonly expect: number
  readonly visit: (message: MessageView) => void
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** A netlink socket with one exchange at a time. The other exchanges wait in their order. */
export interface NetlinkConnection {
  /**
   * Sends a datagram and visits each reply message, with the one that ends the replies. Resolves after `expect` acks or
   * errors, after a dump's NLMSG_DONE, or when the kernel refuses an nfnetlink batch as a whole.
   */
  exchange(datagram: Uint8Array, expect: number, visit: (message: MessageView) => void): Promise<void>
  /** The most bytes of one datagram. */
  readonly longest: number
  close(): void
}

/** The part of the send buffer that no datagram may use, in bytes (`netlink_sendmsg`). */
const KEPT_FREE = 32

/** How long the kernel may stay silent. It answers within the system call, so a longer silence is a bug. */
const SILENCE_MS = 30_000

/**
 * How long a request may wait for memory of the kernel. The library tries each turn of the event loop, which keeps a
 * processor busy. It would also carry out a change after its caller was told that it failed.
 */
const UNSENT_MS = 2_000

/** From this many uses on, the descriptor of a socket is looked up, which takes a tenth of a millisecond. */
const OFTEN = 8
/** The most datagrams that are read at once. The event loop reads the rest. */
const AT_ONCE = 32

/** A socket, with its descriptor for direct use. */
interface Way {
  readonly socket: RawNetlinkSocket
  isClosed: boolean
  uses: number
  /** The direct socket; null: it was not found; undefined: it was not looked for yet. */
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
  /** Ends the timer that runs while the event loop is awaited; null: no exchange waits for the event loop. */
  let answered: (() => void) | null = null
  let isStarting = false

  const settle = (error: Error | null): void => {
    const done = current
    if (done === null) return
    current = null
    if (answered !== null) {
      answered()
      answered = null
      if (open && !used.isClosed) used.socket.unref()
    }
    if (error === null) done.resolve()
    else done.reject(error)
    start()
  }

  // A transaction has thousands of answers of 36 bytes. They need no room for a listing, so they have a socket of their
  // own.
  const wayFor = (isListing: boolean): Way => {
    if (!isListing) {
      if (plain.isClosed) plain = wayOver(openSocket(protocol, {}))
      return plain
    }
    if (listing?.isClosed === true) listing = null
    listing ??= wayOver(openSocket(protocol, { messagePeeking: false, msgBufferSize: LISTING_BYTES }))
    return listing
  }

  const start = (): void => {
    // An exchange that is answered at once lets this loop start the next one, instead of a nested call.
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
    // Other sockets and timers have their turn first. The answer itself does not need the event loop.
    else
      setImmediate(() => {
        if (current === next) carryOut(next, direct)
      })
  }

  const carryOut = (next: Exchange, direct: DirectSocket | null): void => {
    const isSent = direct !== null && sendDirectly(direct, next)
    if (current !== next) return
    used.socket.ref()
    const heard = afterSilence(silenceMs, () =>
      settle(netlinkError('the kernel did not answer', 'ETIMEDOUT')),
    )
    answered = heard
    if (isSent) return
    const way = used
    const taken = afterSilence(UNSENT_MS, () => {
      // A closed socket forgets what it has not sent.
      closeWay(way)
      settle(unsentError())
    })
    answered = () => {
      heard()
      taken()
    }
    way.socket.send(next.datagram, {}, (error) => {
      taken()
      if (error !== undefined && current === next) settle(sendError(error, next.datagram.length))
    })
  }

  /**
   * Sends without the event loop. Answers that do not come at once are read through the event loop.
   * @returns whether the datagram was sent
   */
  const sendDirectly = (direct: DirectSocket, exchange: Exchange): boolean => {
    try {
      if (!direct.send(exchange.datagram)) return false
    } catch (error) {
      settle(sendError(error, exchange.datagram.length))
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
      settle(receiveError(error))
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
    // A reply to an ended exchange, or a notification, has another sequence number.
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
      // After an error there may be more answers than expected (nfnetlink reports each bad message of a batch). They
      // belong to this exchange, and not to the next one that uses the same sequence number.
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
    const way: Way = { socket, isClosed: false, uses: 0, direct: undefined }
    socket.on('message', (datagram, info) => {
      // Port 0 is the kernel. Any process may send to our port, so messages of other ports are ignored.
      if (info.port === 0) eachMessage(datagram, receive)
    })
    socket.on('truncatedMessage', (_datagram, info) => {
      if (info.port === 0) settle(netlinkError(`a reply was longer than ${LISTING_BYTES} bytes`, 'EMSGSIZE'))
    })
    socket.on('error', (error) => {
      // The socket may be closed now, and its descriptor may belong to another file.
      way.direct = null
      settle(receiveError(error))
    })
    socket.unref()
    return way
  }
  let plain = wayOver(openSocket(protocol, {}))
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
      closeWay(plain)
      if (listing !== null) closeWay(listing)
      const closed = netlinkError('the socket was closed', 'EBADF')
      settle(closed)
      for (const exchange of waiting.splice(0)) exchange.reject(closed)
    },
  }
}

const closeWay = (way: Way): void => {
  if (!way.isClosed) way.socket.close()
  way.isClosed = true
}

type SocketOptions = Pick<RawNetlinkSocketOptions, 'messagePeeking' | 'msgBufferSize'>

const openSocket = (protocol: number, options: SocketOptions): RawNetlinkSocket =>
  new (rawNetlink().RawNetlinkSocket)(protocol, {
    ...options,
    recvBufferSize: BUFFER_BYTES,
    sendBufferSize: BUFFER_BYTES,
  })
