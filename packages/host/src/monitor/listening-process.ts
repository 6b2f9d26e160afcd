import type { RawNetlinkSocket } from 'netlink/dist/raw.js'

/** A message of the process: its sockets have joined their groups, what they received, or why it could not begin. */
export type ListenerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'datagrams'; readonly datagrams: readonly Datagram[] }
  | { readonly kind: 'failed'; readonly code: string; readonly reason: string }

/** What one socket received, addressed to a multicast group or to this socket alone. */
export interface Datagram {
  readonly protocol: number
  readonly bytes: Uint8Array
  readonly multicast: boolean
}

/** A message to the process: a request for the kernel. */
export interface ListenerRequest {
  readonly protocol: number
  readonly bytes: Uint8Array
}

/** A netlink protocol, and a mask of its multicast groups: bit N - 1 is group N. */
export interface Subscription {
  readonly protocol: number
  readonly groups: number
}

/** The requested receive buffer, in bytes. The kernel grants what net.core.rmem_max allows. */
const BUFFER_BYTES = 8 << 20
/** The most bytes of datagrams that may wait in the process while the receiving process is busy. */
const MOST_UNSENT_BYTES = 16 << 20

/**
 * The program of the process that holds the multicast sockets. Its text is handed to `node --eval`, also from the
 * bundle of the command, so it uses nothing from outside itself.
 *
 * The package `netlink` 0.3.0 ends its process when the receive buffer of a socket overflows. epoll reports the error,
 * and `PollHandler` (src/binding.cc) then makes a string of a null pointer. The exception passes through libuv, and
 * std::terminate is called. JavaScript cannot prevent it. Here only this process ends, and the process that started it
 * knows from its end that messages were lost.
 */
const listen = (): void => {
  const [, library = '', text = ''] = process.argv
  const { subscriptions, bufferBytes, mostUnsentBytes } = JSON.parse(text) as Settings
  const tell = (message: ListenerMessage, sent: () => void = () => {}): void => {
    process.send?.(message, undefined, {}, sent)
  }
  let unsentBytes = 0
  let datagrams: Datagram[] = []
  let bytesOfThem = 0
  // The datagrams of one turn are sent together. Sending each of them takes longer than the kernel takes to make it.
  const flush = (): void => {
    const length = bytesOfThem
    tell({ kind: 'datagrams', datagrams }, () => {
      unsentBytes -= length
    })
    datagrams = []
    bytesOfThem = 0
  }
  const take = (datagram: Datagram): void => {
    unsentBytes += datagram.bytes.length
    bytesOfThem += datagram.bytes.length
    if (unsentBytes > mostUnsentBytes) process.exit(1)
    datagrams.push(datagram)
    if (datagrams.length === 1) setImmediate(flush)
  }
  process.title = 'portolan-monitor'
  process.on('disconnect', () => process.exit())
  // Ctrl-C in a terminal reaches every process of the group. This process ends with the process that started it. On
  // SIGUSR1 Node would open its debugger.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {})
  try {
    const { RawNetlinkSocket } = process.getBuiltinModule('module').createRequire(library)(library) as {
      RawNetlinkSocket: typeof import('netlink/dist/raw.js').RawNetlinkSocket
    }
    const sockets = new Map<number, RawNetlinkSocket>()
    for (const { protocol, groups } of subscriptions) {
      const socket = new RawNetlinkSocket(protocol, {
        recvBufferSize: bufferBytes,
        sendBufferSize: 65536,
        localGroups: groups,
      })
      sockets.set(protocol, socket)
      socket.on('error', () => process.exit(1))
      socket.on('message', (bytes, info) => {
        // Port 0 is the kernel. A multicast message names its group.
        if (info.port === 0) take({ protocol, bytes, multicast: info.groups !== 0 })
      })
    }
    process.on('message', ({ protocol, bytes }: ListenerRequest) => sockets.get(protocol)?.send(bytes))
    tell({ kind: 'ready' })
  } catch (error) {
    const { code = 'unknown', message } = error as NodeJS.ErrnoException
    tell({ kind: 'failed', code, reason: message }, () => process.exit(1))
  }
}

interface Settings {
  readonly subscriptions: readonly Subscription[]
  readonly bufferBytes: number
  readonly mostUnsentBytes: number
}

/**
 * The arguments with which `node` listens.
 * @param library - the file of the package `netlink` that provides the sockets
 */
export const listenerArguments = (
  library: string,
  subscriptions: readonly Subscription[],
  bufferBytes: number = BUFFER_BYTES,
): readonly string[] => [
  '--input-type=commonjs',
  '--eval',
  `(${listen.toString()})()`,
  library,
  JSON.stringify({ subscriptions, bufferBytes, mostUnsentBytes: MOST_UNSENT_BYTES } satisfies Settings),
]
