import type { Intent } from '@portolan/core'
import type { expandMappings } from '@portolan/core/planning'
import { InvalidRequestError } from '@portolan/netfilter'

type MappingIntent = Intent['mappings'][number]
type PortSupply = Parameters<typeof expandMappings>[4]

/**
 * Mappings that leave their host ports open and share them: each port of the first is chosen once, for all of them.
 * Left alone, every target would get a host port of its own.
 *
 * @param wanted - one for each target, of one request
 * @returns one for each target and port
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
      // Of all of them, as each may have another port for itself alone.
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
 * With its port where that is another one than the first's. One of another network than the first may have the name of one that
 * is on the first's.
 */
const nameAmong = (first: MappingIntent, one: MappingIntent, index: number): string => {
  const isAlike = one.containerPorts.first === first.containerPorts.first
  const name = isAlike ? one.service : `${one.service}:${one.containerPorts.first + index}`
  return one.network === first.network ? name : `${one.network}/${name}`
}

const single = (port: number): MappingIntent['containerPorts'] => ({ first: port, last: port })

const countOf = ({ containerPorts: { first, last } }: MappingIntent): number => last - first + 1

const portsText = (count: number): string => (count === 1 ? '1 port' : `${count} ports`)
