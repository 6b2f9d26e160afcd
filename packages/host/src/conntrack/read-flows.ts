import { type FlowFact, families, type Protocol } from '@portolan/netfilter'
import { openConnection } from '../netlink/connection.ts'
import { NETLINK_NETFILTER } from '../netlink/constants.ts'
import { listEntries, tracksNothing } from './conntrack-entries.ts'
import { protocolNumbers } from './flow-search.ts'

/** The most flows that are read. A busy server has more flows than a reader looks at. */
const MOST = 1000

/**
 * Reads the open flows to some ports, if their destination was translated. A flow keeps its translation even after the
 * rules changed (net/netfilter/nf_nat_core.c, `nf_nat_inet_fn`).
 *
 * @returns at most a thousand flows
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws InspectError when this kernel cannot list its conntrack entries
 * @example
 * await readFlows([{ protocol: 'udp', port: 53 }])
 * @public @since 0.1.0
 */
export const readFlows = async (
  ports: readonly { readonly protocol: Protocol; readonly port: number }[],
): Promise<readonly FlowFact[]> => {
  if (ports.length === 0 || tracksNothing()) return []
  const names = new Map(ports.map(({ protocol }) => [protocolNumbers[protocol], protocol]))
  const wanted = new Set(ports.map(({ protocol, port }) => `${protocolNumbers[protocol]} ${port}`))
  const flows: FlowFact[] = []
  const connection = openConnection(NETLINK_NETFILTER)
  try {
    await listEntries(connection, new Set(families), ({ original, reply, destinationTranslated }) => {
      const protocol = names.get(original.protocol)
      if (!destinationTranslated || protocol === undefined || flows.length >= MOST) return
      if (!wanted.has(`${original.protocol} ${original.destinationPort}`)) return
      const { source, sourcePort, destination, destinationPort } = original
      const answeredBy = { address: reply.source, port: reply.sourcePort }
      flows.push({ protocol, source, sourcePort, destination, destinationPort, answeredBy })
    })
  } finally {
    connection.close()
  }
  return flows
}
