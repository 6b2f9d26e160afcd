/// <reference lib="esnext.disposable" preserve="true" />
import { followKernel } from './follow-kernel.ts'
import type { Notice } from './notice.ts'
import { openNoticeQueue } from './notice-queue.ts'
import { type LegacyPoll, type LegacyPolling, startLegacyPoll } from './poll-legacy.ts'

/**
 * Options of `openMonitor`.
 * @public @since 0.1.0
 */
export interface MonitorOptions {
  /** How many notices may wait; one more, and a single `lost` replaces them all. Absent: 1000. */
  readonly mostWaiting?: number
  /** Also reports changes of the rules of iptables-legacy, which are read at intervals. Absent: they are not read. */
  readonly legacy?: LegacyPolling
  /** The receive buffer of each socket, in bytes; absent: 8 MiB. The kernel grants at most net.core.rmem_max. */
  readonly bufferBytes?: number
}

/**
 * Reports changes of a host, in the order in which they were made. Each notice is given once, to the loop or the call
 * of `next` that asked first. After a loop ended, another one continues where it stopped.
 * @public @since 0.1.0
 */
export interface Monitor extends AsyncIterable<Notice>, AsyncDisposable {
  /**
   * The next notice; `done` after `close`.
   * @throws PortolanError (`NETLINK`) once when no more changes can be reported: the sockets could not be opened again
   */
  next(): Promise<IteratorResult<Notice, undefined>>
  /**
   * Resolves when each change before this call that the kernel reports has its notice, given or waiting. Changes of
   * iptables-legacy are reported only by the next reading. Resolves at once when no more changes can be reported.
   * @example
   * const facts = await readHost()
   * await monitor.caughtUp()
   * // What the facts show, and later changes: `next` gives the notices of both.
   */
  caughtUp(): Promise<void>
  [Symbol.asyncIterator](): AsyncIterator<Notice, undefined>
  /** Closes the monitor, and drops the waiting notices. Resolves when its process has ended. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const MOST_WAITING = 1000

/**
 * Opens a monitor of this process's network namespace: rules of nf_tables, links, addresses, routes, nexthop objects,
 * routing rules, and the sysctls `forwarding`, `rp_filter` and `force_forwarding`. It needs CAP_NET_ADMIN and changes
 * nothing. It listens when the promise resolves: read the host after that, and no change between is missed. It keeps
 * the process alive while a notice, or `caughtUp`, is awaited.
 *
 * The kernel does not report everything. IPv4 routes vanish with their link, its going down, an address or a nexthop
 * object. Such routes have no notice, but the link, the address or the object has one. A table with `flags owner` and
 * without `persist` vanishes with its program, without a notice. So do elements after their timeout. Elements that
 * packets add have no notice either. Of the sysctls only those above are reported. Changes of iptables-legacy are found
 * by reading its rules (`legacy`).
 *
 * The sockets are in a process of their own (some 40 MB): the library that holds them ends its process when messages
 * come too fast. The process is then started again, and a notice `lost` says so.
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
