import { type Family, families, InvalidRequestError } from '@portolan/netfilter'
import type { PublishRequest } from 'portolan'
import type { ContainerCall, PodmanPort } from './read-input.ts'

/**
 * The families in which ports can lead to a container. `possible`: by this network. `served`: already by another
 * network.
 */
export interface PortFamilies {
  readonly possible: ReadonlySet<Family>
  readonly served: ReadonlySet<Family>
}

/**
 * The ports of `--publish`, as requests for one endpoint. Podman passes all ports of a container to each of its
 * networks, so each network publishes those that no other network has.
 */
export const wantedPorts = (
  { network, port_mappings: ports }: ContainerCall,
  endpoint: string,
  { possible, served }: PortFamilies,
): readonly PublishRequest[] =>
  (ports ?? []).flatMap((port) => {
    const here = familiesOf(port).filter((family) => possible.has(family))
    const open = here.filter((family) => !served.has(family))
    const [first] = open
    if (first === undefined) return []
    const address = port.host_ip || (open.length < here.length ? everyAddress[first] : null)
    return protocolsOf(port).map((protocol) => ({
      hostPort: numbers(port.host_port, port),
      protocol,
      ...(address === null ? {} : { hostAddress: address }),
      to: { endpoint, network: network.name, port: numbers(port.container_port, port) },
    }))
  })

/** The ports that can lead to the container neither by this network nor by another one so far. */
export const portsWithoutWay = (
  { port_mappings: ports }: ContainerCall,
  { possible, served }: PortFamilies,
): readonly PodmanPort[] =>
  (ports ?? []).filter(
    (port) => !familiesOf(port).some((family) => possible.has(family) || served.has(family)),
  )

const familiesOf = ({ host_ip: address }: PodmanPort): readonly Family[] =>
  address ? [address.includes(':') ? 'ip6' : 'ip'] : families

const everyAddress: Readonly<Record<Family, string>> = { ip: '0.0.0.0', ip6: '::' }

const numbers = (first: number, { range = 1 }: PodmanPort): number | string =>
  range > 1 ? `${first}-${first + range - 1}` : first

type Protocol = NonNullable<PublishRequest['protocol']>

const protocolsOf = ({ protocol }: PodmanPort): readonly Protocol[] =>
  (protocol || 'tcp')
    .toLowerCase()
    .split(',')
    .map((text): Protocol => {
      if (text !== 'tcp' && text !== 'udp' && text !== 'sctp')
        throw new InvalidRequestError(`The protocol ${JSON.stringify(text)}: expected tcp, udp or sctp.`)
      return text
    })
