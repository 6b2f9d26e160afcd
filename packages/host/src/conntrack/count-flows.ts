import { readFileSync } from 'node:fs'
import { openConnection } from '../netlink/connection.ts'
import { NETLINK_NETFILTER } from '../netlink/constants.ts'
import { listEntriesOf } from './conntrack-entries.ts'
import type { ConntrackEntry } from './conntrack-message.ts'
import type { CountedSocket } from './counted-socket.ts'
import { findSockets, placeOf } from './flow-place.ts'

/**
 * The open flows of one host socket.
 * @public @since 0.1.0
 */
export interface FlowCount {
  /**
   * The number of open flows. A flow of TCP or SCTP is open until it is closed, a UDP flow until conntrack forgets it.
   */
  readonly connections: number
  /** How many of them began while conntrack accounting was on. */
  readonly accounted: number
  /** Packets of the accounted flows, in both directions. */
  readonly packets: number
  /** Bytes of the accounted flows, in both directions, with their IP headers. */
  readonly bytes: number
}

const noFlows: FlowCount = { connections: 0, accounted: 0, packets: 0, bytes: 0 }

/**
 * Counts the open flows that were translated from host sockets to their targets. It reads the conntrack table once,
 * whatever the number of sockets. A flow does not show its interface. So sockets that differ only in their interface
 * each get the flows of all of them.
 *
 * @returns one count per socket, in the order of the sockets
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws InspectError when this kernel cannot list its conntrack entries
 * @example
 * const target = { address: '172.17.0.1', port: 80 }
 * const [web] = await countFlows([{ family: 'ip', protocol: 'tcp', hostAddress: null, hostPort: 8080, targets: [target] }])
 * web.connections // 2
 * @public @since 0.1.0
 */
export const countFlows = async (sockets: readonly CountedSocket[]): Promise<readonly FlowCount[]> => {
  if (sockets.length === 0) return []
  const tally = tallyOf(sockets)
  const connection = openConnection(NETLINK_NETFILTER)
  try {
    await listEntriesOf(connection, sockets, tally.add)
  } finally {
    connection.close()
  }
  return tally.counts()
}

/**
 * Tells whether this network namespace counts the packets and bytes of flows that begin now
 * (`net.netfilter.nf_conntrack_acct`).
 * @example
 * accountsFlows() // false: the kernel's default
 * @public @since 0.1.0
 */
export const accountsFlows = (): boolean => {
  try {
    return readFileSync('/proc/sys/net/netfilter/nf_conntrack_acct', 'utf8').trim() === '1'
  } catch {
    // Connection tracking is not loaded.
    return false
  }
}

/**
 * @param socketsOf - finds the sockets of a flow among `sockets`
 * @internal
 */
export const tallyOf = (
  sockets: readonly CountedSocket[],
  socketsOf: ReturnType<typeof findSockets> = findSockets(sockets),
): { readonly add: (entry: ConntrackEntry) => void; readonly counts: () => readonly FlowCount[] } => {
  const found = sockets.map(() => ({ ...noFlows }))
  return {
    add: (entry) => {
      const { destinationTranslated, ended, counted } = entry
      if (!destinationTranslated || ended) return
      for (const at of socketsOf(placeOf(entry))) {
        const count = found[at]
        if (count === undefined) continue
        count.connections += 1
        if (counted === null) continue
        count.accounted += 1
        count.packets += counted.packets
        count.bytes += counted.bytes
      }
    },
    counts: () => found,
  }
}
