import type { Intent } from '@portolan/core'
import type { expandMappings } from '@portolan/core/planning'
import { InvalidRequestError } from '@portolan/netfilter'

type MappingIntent = Intent['mappings'][number]
type PortSupply = Parameters<typeof expandMappings>[4]

/**
 * Chooses host ports for mappings that leave them open and share them. Each port is chosen once for all targets.
 * Otherwise every target would get a host port of its own.
 *
 * @param wanted - the mappings of one request, one for each target
 * @returns one mapping for each target and port
 * @throws InvalidRequestError when the targets have different numbers of ports
 */
export const shareHostPorts = (
  project: string,
  wanted: readonly MappingIntent[],
  supply: PortSupply,
): readonly MappingIntent[] => {
  const [first, ...more] = wanted
  if (first === undefined || first.hostPorts !== null || more.length === 0) return wanted
  const count = countOf(first)
  const other = wanted.find((mapping) => countOf(mapping) !== count)
  if (other !== undefined)
    throw new InvalidRequestError(
      `${first.service} has ${portsText(count)} in this request and ${other.service} has ${portsText(countOf(other))}: targets that share a host port need as many.`,
    )
  const { replica, network, protocol, containerPorts } = first
  const hostPorts = Array.from({ length: count }, (_, index) =>
    supply.take(protocol, {
      project,
      // The holder names all targets, because each target may also have a port for itself alone.
      service: [first.service, ...more.map((one) => nameAmong(first, one, index))].join(' and '),
      replica,
      network,
      containerPort: containerPorts.first + index,
    }),
  )
  return wanted.flatMap((mapping) =>
    hostPorts.map((port, index) => ({
      ...mapping,
      hostPorts: single(port),
      containerPorts: single(mapping.containerPorts.first + index),
    })),
  )
}

/**
 * The name of a target in the holder of a shared port. It shows the port if it differs from the first target's, and the
 * network if that differs: a target there may have the name of one on the first's network.
 */
const nameAmong = (first: MappingIntent, one: MappingIntent, index: number): string => {
  const isAlike = one.containerPorts.first === first.containerPorts.first
  const name = isAlike ? one.service : `${one.service}:${one.containerPorts.first + index}`
  return one.network === first.network ? name : `${one.network}/${name}`
}

const single = (port: number): MappingIntent['containerPorts'] => ({ first: port, last: port })

const countOf = ({ containerPorts: { first, last } }: MappingIntent): number => last - first + 1

const portsText = (count: number): string => (count === 1 ? '1 port' : `${count} ports`)
