import type { Family } from '@portolan/netfilter'
import type { Attachment } from './attachments.ts'

/** The networks that publish a service's ports, one for each family; null: none of its networks can. */
export interface PortNetworks {
  readonly ip: Attachment | null
  readonly ip6: Attachment | null
}

const gateways = ({ network }: Attachment): number =>
  [network.intent.ip, network.intent.ip6].filter((subnet) => subnet !== null).length

/**
 * Chooses the network that publishes the ports of a service, one for each family. Docker takes the endpoint that gives
 * the container its default gateway (moby, daemon/libnetwork/default_gateway.go `getGatewayEndpoint`). That is the
 * first in the order of sandbox.go `Endpoint.Less`: the highest `gw_priority`, then networks with a gateway in both
 * families, then the name. Internal networks have no gateway. On a network of macvlan or ipvlan Docker publishes no
 * port. Compose's own `priority` does not matter here (Compose Specification, 05-services).
 */
export const choosePortNetworks = (attachments: readonly Attachment[]): PortNetworks => {
  const order = attachments
    .filter(({ network }) => network.build.kind === 'bridge' && !network.intent.internal)
    .toSorted(
      (a, b) =>
        b.gatewayPriority - a.gatewayPriority ||
        gateways(b) - gateways(a) ||
        (a.network.actualName < b.network.actualName ? -1 : 1),
    )
  const first = (family: Family): Attachment | null =>
    order.find(({ network }) => network.intent[family] !== null) ?? null
  return { ip: first('ip'), ip6: first('ip6') }
}
