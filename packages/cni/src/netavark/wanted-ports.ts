import { InvalidRequestError } from '@portolan/netfilter'
import type { PublishRequest } from 'portolan'
import type { ContainerCall, PodmanPort } from './read-input.ts'

/** The ports of `--publish`, as requests for one endpoint. */
export const wantedPorts = (
  { network, port_mappings: ports }: ContainerCall,
  endpoint: string,
): readonly PublishRequest[] =>
  (ports ?? []).flatMap((port) =>
    protocolsOf(port).map((protocol) => ({
      hostPort: numbers(port.host_port, port),
      protocol,
      ...(port.host_ip ? { hostAddress: port.host_ip } : {}),
      to: { endpoint, network: network.name, port: numbers(port.container_port, port) },
    })),
  )

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
