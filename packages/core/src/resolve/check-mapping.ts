import { IntentError, tryParseAddress, tryParseHostOrPrefix } from '@portolan/netfilter'
import { shownValue } from '@portolan/netfilter/schema'
import { checkInterfaceName } from '../contract/check-name.ts'
import type { MappingIntent, NetworkIntent, PortRange } from '../intent/index.ts'
import { mappedPrefix } from '../intent/mapped-prefix.ts'
import { rangeMismatch } from '../intent/port-mapping.ts'

/**
 * Refuses a mapping that a reader would refuse: ports, protocol, weight, allowed sources, interface, and an internal
 * network.
 *
 * @param network - the network that the mapping names; undefined if there is none, which another check reports
 * @throws IntentError
 * @example
 * for (const mapping of intent.mappings) checkMapping(mapping, undefined)
 * @public @since 0.1.0
 */
export const checkMapping = (mapping: MappingIntent, network: NetworkIntent | undefined): void => {
  const { service, protocol, hostPorts, containerPorts, weight, place } = mapping
  const refuse = (text: string): IntentError => new IntentError(`a port of ${service} ${text}`, place)

  if (!['tcp', 'udp', 'sctp'].includes(protocol))
    throw refuse(`has the protocol ${JSON.stringify(protocol)}: expected tcp, udp or sctp`)
  if (!isRange(containerPorts) || (hostPorts !== null && !isRange(hostPorts)))
    throw refuse('is no range of ports: expected whole numbers from 1 to 65535, the lower one first')
  const mismatch = hostPorts === null ? null : rangeMismatch(hostPorts, containerPorts)
  if (mismatch !== null) throw refuse(`cannot be published: ${mismatch}`)
  if (weight !== null && !(Number.isInteger(weight) && weight >= 1 && weight <= 65535))
    throw refuse(`has the weight ${shownValue(weight)}: expected a whole number from 1 to 65535`)
  if (mapping.interface !== null)
    checkInterfaceName(mapping.interface, `the interface of a port of ${service}`, place)
  if (mapping.hostAddress !== null && tryParseAddress(mapping.hostAddress) === null)
    throw refuse(`is bound to ${JSON.stringify(mapping.hostAddress)}, which is no address`)
  for (const text of mapping.allowFrom ?? []) {
    const prefix = tryParseHostOrPrefix(text)
    if (prefix === null)
      throw refuse(`is open to ${JSON.stringify(text)}, which is no prefix such as 192.0.2.0/24`)
    const mapped = mappedPrefix(prefix)
    if (mapped !== null)
      throw refuse(`is open to ${text}, and no packet has an IPv4-mapped address: write ${mapped}`)
  }
  if (network?.internal === true && !network.external)
    throw refuse(
      `is published on the internal network ${network.name}: ports need a network that is not internal`,
    )
}

const isPort = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 65535

const isRange = ({ first, last }: PortRange): boolean => isPort(first) && isPort(last) && first <= last
