import { familyOf } from '@portolan/netfilter'
import type { MappingIntent, PortMapping, PortRange } from '../intent.ts'
import { printPortMapping } from '../port-mapping.ts'
import { countPorts } from '../port-range.ts'
import { choosePortNetworks, type PortNetworks } from './port-network.ts'
import type { PublishedPort } from './ports.ts'
import type { Reading } from './reading.ts'
import type { ReadService } from './services.ts'
import { refuse } from './tree.ts'

/** The mappings of a service: one for each entry of `ports`, replica, and network that publishes the port. */
export const mappingsOf = (reading: Reading, service: ReadService): readonly MappingIntent[] => {
  const [first] = service.ports
  if (first === undefined || service.replicas === 0) return []
  const networks = choosePortNetworks(service.attachments)
  if (networks.ip === null && networks.ip6 === null) {
    reading.note(`services.${service.name}: its ports are not published: ${whyNone(service)}`, first.place)
    return []
  }
  return service.ports.flatMap((port) =>
    placesOf(port.mapping.hostAddress, networks).flatMap(({ hostAddress, network }) =>
      hostPortsOf(service, port, networks).map((hostPorts, index) => ({
        ...port.mapping,
        hostAddress,
        hostPorts,
        service: service.name,
        replica: index + 1,
        network,
        interface: port.interface,
        allowFrom: port.allowFrom,
        weight: port.weight,
        place: port.place,
      })),
    ),
  )
}

/** Why no network publishes the ports of a service. */
const whyNone = ({ attachments }: ReadService): string => {
  if (attachments.length === 0) return 'it is on no network of Portolan'
  const [parented, internal] = [true, false].map((wanted) =>
    attachments
      .filter(({ network }) => (network.build.kind === 'parented') === wanted)
      .map(({ network }) => network.intent.name)
      .join(', '),
  )
  return [
    ...(parented
      ? [`on a network of macvlan or ipvlan every port of a container is open already (${parented})`]
      : []),
    ...(internal ? [`a network that is internal has no way out (${internal})`] : []),
  ].join(', and ')
}

interface HostSide {
  readonly hostAddress: string | null
  readonly network: string
}

/** A mapping of every host address becomes two where different networks publish its IPv4 and IPv6. */
const placesOf = (hostAddress: string | null, { ip, ip6 }: PortNetworks): readonly HostSide[] => {
  const v4 = ip?.network.intent
  const v6 = ip6?.network.intent
  if (hostAddress !== null) {
    const network = familyOf(hostAddress) === 'ip' ? (v4 ?? v6) : (v6 ?? v4)
    return network === undefined ? [] : [{ hostAddress, network: network.name }]
  }
  if (v4 === undefined || v6 === undefined || v4 === v6)
    return [v4 ?? v6].flatMap((network) =>
      network === undefined ? [] : [{ hostAddress, network: network.name }],
    )
  return [
    { hostAddress: v4.ip6 === null ? null : '0.0.0.0', network: v4.name },
    { hostAddress: v6.ip === null ? null : '::', network: v6.name },
  ]
}

const isNat = ({ ip, ip6 }: PortNetworks, { hostAddress }: PortMapping): boolean => {
  const family = hostAddress === null ? null : familyOf(hostAddress)
  const modes = [
    family === 'ip6' ? null : (ip?.network.intent.ip?.mode ?? null),
    family === 'ip' ? null : (ip6?.network.intent.ip6?.mode ?? null),
  ]
  return modes.some((mode) => mode !== null && mode !== 'routed') || modes.every((mode) => mode === null)
}

/** Divides a range among replicas, in parts whose sizes differ by at most one port. */
const shareOf = (ports: PortRange, index: number, replicas: number): PortRange => {
  const from = (before: number): number => ports.first + Math.ceil((before * countPorts(ports)) / replicas)
  return { first: from(index), last: from(index + 1) - 1 }
}

/** The host ports of each replica. One host port belongs to one container, unless a weight shares it. */
const hostPortsOf = (
  service: ReadService,
  port: PublishedPort,
  networks: PortNetworks,
): readonly (PortRange | null)[] => {
  const { hostPorts, containerPorts } = port.mapping
  const { replicas, name } = service
  const all = Array.from({ length: replicas }, (_, index) => index)
  if (hostPorts === null || replicas === 1 || port.weight !== null || !isNat(networks, port.mapping))
    return all.map(() => hostPorts)
  if (countPorts(containerPorts) === 1 && countPorts(hostPorts) >= replicas)
    return all.map((index) => shareOf(hostPorts, index, replicas))
  const end = hostPorts.first + replicas - 1
  const range = `${hostPorts.first}-${end}:${containerPorts.first}`
  const instead =
    countPorts(containerPorts) === 1 && end <= 65535 ? `a range of ${replicas} (${range}), ` : ''
  return refuse(
    port.place,
    `services.${name}: ${replicas} replicas cannot all have ${printPortMapping(port.mapping)}: expected ${instead}no host port, or a \`weight\` under \`x-portolan\` to share it`,
  )
}
