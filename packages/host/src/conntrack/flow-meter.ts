import { openConnection } from '../netlink/connection.ts'
import { NETLINK_NETFILTER } from '../netlink/constants.ts'
import { listEntriesOf } from './conntrack-entries.ts'
import type { CountedSocket } from './counted-socket.ts'
import { type FlowTotal, openFlowTotals } from './flow-totals.ts'

/**
 * Counts the flows through host sockets, also flows that ended since the reading before.
 * @public @since 0.1.0
 */
export interface FlowMeter {
  /**
   * Reads the conntrack table once, whatever the number of sockets. The sums of a socket start again after a reading
   * that left the socket out. Concurrent readings wait for one another.
   *
   * @returns one total per socket, in the order of the sockets
   * @throws PermissionError without CAP_NET_ADMIN
   * @throws InspectError when this kernel cannot list its conntrack entries
   */
  read(sockets: readonly CountedSocket[]): Promise<readonly FlowTotal[]>
  close(): void
}

/**
 * Opens a meter of the flows of this network namespace. It changes nothing, and costs nothing between two readings. It
 * sees ended connections because the kernel keeps their entries for a while: 120 s where TCP closed the connection, and
 * 10 s where it was reset. UDP entries stay 30 s after the last packet, or 120 s (`nf_conntrack_tcp_timeout_*`,
 * `nf_conntrack_udp_timeout*`). An entry that was removed before a reading is not counted. The kernel's messages about
 * destroyed entries would count it too, but they slow new connections (measured).
 *
 * Packets and bytes are counted where the kernel counts them (`accountsFlows`), connections in any case.
 * @example
 * const meter = openFlowMeter()
 * const target = { address: '172.17.0.1', port: 80 }
 * const [web] = await meter.read([{ family: 'ip', protocol: 'tcp', hostAddress: null, hostPort: 8080, targets: [target] }])
 * web.connections // 2
 * meter.close()
 * @public @since 0.1.0
 */
export const openFlowMeter = (): FlowMeter => {
  const flows = openFlowTotals()
  const connection = openConnection(NETLINK_NETFILTER)
  const read = async (sockets: readonly CountedSocket[]): Promise<readonly FlowTotal[]> => {
    const listing = flows.list(sockets)
    await listEntriesOf(connection, sockets, listing.add)
    return listing.totals()
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    read: (sockets) => {
      const result = last.then(() => read(sockets))
      last = result.catch(() => undefined)
      return result
    },
    close: () => connection.close(),
  }
}
