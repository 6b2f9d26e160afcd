/// <reference lib="esnext.disposable" preserve="true" />
import { followKernel } from './follow-kernel.ts'
import type { Notice } from './notice.ts'
import { openNoticeQueue } from './notice-queue.ts'
import { type LegacyPoll, type LegacyPolling, startLegacyPoll } from './poll-legacy.ts'

/** @public @since 0.1.0 */
export interface MonitorOptions {
  /** How many notices may wait to be taken; one more, and they all give way to a single `lost`. 1000 unless told. */
  readonly mostWaiting?: number
  /** Also tell of changes of the rules of iptables-legacy, which are looked for now and then. Not unless told. */
  readonly legacy?: LegacyPolling
  /** Bytes of messages that may wait in the kernel for each socket; 8 MiB unless told, and what net.core.rmem_max allows. */
  readonly bufferBytes?: number
}

/**
 * Tells of changes of a host, in the order in which they were made. Each notice is given once: to the loop, or the call
 * of `next`, that asked first. A loop that is left may be begun again, and goes on where the last one ended.
 * @public @since 0.1.0
 */
export interface Monitor extends AsyncIterable<Notice>, AsyncDisposable {
  /**
   * The next notice; `done` after `close`.
   * @throws PortolanError (`NETLINK`) once when no more can be told: the sockets could not be opened again
   */
  next(): Promise<IteratorResult<Notice, undefined>>
  /**
   * Resolves when each change that was made before this call, and that the kernel tells of, has its notice: it was
   * given, or waits to be. Of rules of iptables-legacy only the next reading tells. Resolves at once when no more can be told.
   * @example
   * const facts = await readHost()
   * await monitor.caughtUp()
   * // What the facts show, and later changes: `next` gives the notices of both.
   */
  caughtUp(): Promise<void>
  [Symbol.asyncIterator](): AsyncIterator<Notice, undefined>
  /** Ends it, and forgets the notices that wait. Resolves when its process has ended. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const MOST_WAITING = 1000

/**
 * Opens a monitor of the network namespace that this process is in: rules of nf_tables, links, addresses, routes,
 * nexthop objects, routing rules, and the sysctls `forwarding`, `rp_filter` and `force_forwarding`. It needs
 * CAP_NET_ADMIN and changes nothing. When the promise resolves it listens: read the host then, and no change between is
 * missed. It keeps the process alive while a notice, or `caughtUp`, is awaited.
 *
 * The kernel does not tell everything. IPv4 routes that vanish with their link, its going down, an address or a nexthop
 * object have no notice: the link, the address or the object has. A table with `flags owner` that is not `persist`
 * vanishes with its program, and elements with their timeout, without any. Packets that add elements are not told either.
 * Of sysctls only those above are told. Rules of iptables-legacy are found by reading them (`legacy`).
 *
 * The sockets are in a process of their own (some 40 MB): the library that holds them ends its process when messages
 * come too fast. It is started again then, and a notice `lost` says so.
 *
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws PortolanError (`NETLINK`) when the sockets cannot be opened
 * @throws InspectError, MissingToolError when rules of iptables-legacy are to be watched and cannot be read
 * @example
 * await using monitor = await openMonitor()
 * let facts = await readHost()
 * for await (const notice of monitor) {
 *   if (notice.kind === 'rules') console.log(`${notice.process?.name} changed rules`)
 *   else facts = await readHost()
 * }
 * @public @since 0.1.0
 */
export const openMonitor = async ({
  mostWaiting = MOST_WAITING,
  legacy,
  bufferBytes,
}: MonitorOptions = {}): Promise<Monitor> => {
  let isAwaited = false
  let catchingUp = 0
  const hold = (): void => kernel.hold(isAwaited || catchingUp > 0)
  const queue = openNoticeQueue(mostWaiting, (isWaiting) => {
    isAwaited = isWaiting
    hold()
  })
  const tell = (notice: Notice): void => queue.push(notice)
  const kernel = followKernel({ tell, failed: (error) => queue.end(error) }, bufferBytes)
  let poll: LegacyPoll | null = null
  const close = async (): Promise<void> => {
    queue.drop()
    await Promise.all([kernel.close(), poll?.stop()])
  }
  try {
    await kernel.opened
    if (legacy !== undefined) poll = await startLegacyPoll(legacy, tell)
  } catch (error) {
    await close()
    throw error
  }
  kernel.hold(false)
  return {
    next: () => queue.next(),
    caughtUp: async () => {
      catchingUp += 1
      hold()
      await kernel.caughtUp()
      catchingUp -= 1
      hold()
    },
    [Symbol.asyncIterator]: () => ({ next: () => queue.next() }),
    close,
    [Symbol.asyncDispose]: close,
  }
}
