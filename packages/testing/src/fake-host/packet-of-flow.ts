import type { DesiredState, Flow, FlowInput } from '@portolan/core'
import { InvalidRequestError, inputText, type Packet } from '@portolan/netfilter'

/** A source port that clients use (`ip_local_port_range`). */
const clientPort = 40_000

/**
 * The first packet of a flow, as it comes to the host.
 *
 * @param desired - the projects of the host, which tell the bridges of networks
 * @throws InvalidRequestError when no project has the network that the flow comes from
 */
export const packetOfFlow = (input: FlowInput, desired: readonly DesiredState[]): Packet => {
  const { family, protocol, from, to } = input
  const isEcho = protocol === 'echo-request'
  return {
    family,
    in: entryOf(input.from, desired),
    source: from.address === null ? null : inputText(from.address),
    destination: inputText(to.address),
    protocol: isEcho ? (family === 'ip' ? 'icmp' : 'icmpv6') : protocol,
    ...(isEcho ? {} : { sourcePort: clientPort, destinationPort: to.port }),
  }
}

const entryOf = (from: FlowInput['from'], desired: readonly DesiredState[]): string | null => {
  if (from.kind === 'host') return null
  if (from.kind === 'machine') return from.interface
  const found = desired.flatMap(({ project, networks }) =>
    networks.filter(({ name }) => from.network === name || from.network === `${project}/${name}`),
  )
  const [first] = found
  if (first !== undefined) return first.bridge
  const known = desired.flatMap(({ project, networks }) => networks.map(({ name }) => `${project}/${name}`))
  throw new InvalidRequestError(
    `the flow comes from network ${JSON.stringify(from.network)}, which is not on this host${known.length === 0 ? '' : ` (there are ${known.join(', ')})`}. Apply a plan that has it first.`,
  )
}

/** A flow in a line: `tcp from 198.51.100.7 by eth0 to 192.0.2.2:8080`. */
export const flowText = ({ family, protocol, from, to }: Flow): string => {
  const target = protocol === 'echo-request' ? to.address : portText(family, to)
  return `${protocol} from ${sourceText(from)} to ${target}`
}

const portText = (family: Flow['family'], { address, port }: Flow['to']): string =>
  family === 'ip6' ? `[${address}]:${port}` : `${address}:${port}`

const sourceText = (from: Flow['from']): string => {
  if (from.kind === 'host') return from.address === null ? 'the host' : `the host (${from.address})`
  if (from.kind === 'machine') return `${from.address} by ${from.interface}`
  return `the container ${from.address} of network ${from.network}`
}
