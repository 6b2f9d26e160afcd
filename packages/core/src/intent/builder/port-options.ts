import {
  type AddressInput,
  canonicalAddress,
  canonicalHostOrPrefix,
  familyOf,
  InvalidRequestError,
  inputText,
  type PrefixInput,
  type Protocol,
  parsePrefix,
} from '@portolan/netfilter'
import { shownValue } from '@portolan/netfilter/schema'
import type { MappingIntent, PortRange } from '../intent.ts'
import { mappedPrefix } from '../mapped-prefix.ts'

/**
 * One port, 1 to 65535, or a range: `8000-8009`.
 * @public @since 0.1.0
 */
export type PortsInput = number | string

/**
 * The settings of a host port, as a program gives them.
 * @public @since 0.1.0
 */
export interface PortOptions {
  /** A port, a range, or `auto`: the first free port of `ip_local_port_range`, leased to the port's target. */
  readonly hostPort: PortsInput | 'auto'
  /** The protocol; `tcp` by default. */
  readonly protocol?: Protocol
  /** One address of the host; `0.0.0.0` or `::`: every address of that family; absent or null: every address. */
  readonly hostAddress?: AddressInput | null
  /** Other machines reach the port by this interface only; absent or null: by any interface. */
  readonly interface?: string | null
  /**
   * Other machines reach the port from these prefixes only. A family without a prefix here is closed. Absent or null:
   * from anywhere.
   */
  readonly allowFrom?: readonly (AddressInput | PrefixInput)[] | null
}

/**
 * The endpoint that a port leads to, and the port there.
 * @public @since 0.1.0
 */
export interface PortDestination {
  readonly service: string
  readonly network: string
  readonly port: PortsInput
  /** The weight of this destination where several serve one host port, 1 or more. */
  readonly weight?: number | undefined
}

const protocols: readonly string[] = ['tcp', 'udp', 'sctp']

/**
 * Makes the mappings that a program asks for, one for each destination.
 *
 * @throws InvalidRequestError naming the option
 * @example
 * mappingIntents({ hostPort: 8080 }, [{ service: 'nginx', network: 'web', port: 80 }])[0]?.containerPorts.first // 80
 * @public @since 0.1.0
 */
export const mappingIntents = (
  options: PortOptions,
  destinations: readonly PortDestination[],
): readonly MappingIntent[] => {
  const hostAddress = requestedHostAddress(options.hostAddress)
  const hostPorts = options.hostPort === 'auto' ? null : requestedPorts(options.hostPort, 'hostPort')
  const protocol = requestedProtocol(options.protocol)
  const name = requestedInterface(options.interface)
  const allowFrom = requestedSources(options.allowFrom)
  // Each field is written out: copying an object and adding to it takes longer than all the checks.
  return destinations.map(({ service, network, port, weight }) => ({
    hostAddress,
    hostPorts,
    protocol,
    interface: name,
    allowFrom,
    replica: 1,
    place: null,
    service,
    network,
    containerPorts: requestedPorts(port, 'to.port'),
    weight: weight ?? (destinations.length > 1 ? 1 : null),
  }))
}

/**
 * Checks the protocol that a program asks for.
 *
 * @throws InvalidRequestError
 * @example
 * requestedProtocol() // 'tcp'
 * @public @since 0.1.0
 */
export const requestedProtocol = (protocol: Protocol = 'tcp'): Protocol => {
  if (protocols.includes(protocol)) return protocol
  throw new InvalidRequestError(
    `${shownValue(protocol)} is not a protocol: expected ${protocols.join(', ')}.`,
  )
}

/**
 * Reads the host address that a program asks for.
 *
 * @returns `0.0.0.0` or `::`: every address of that family; null: every address of the host
 * @throws InvalidRequestError
 * @example
 * requestedHostAddress('2001:DB8::2') // '2001:db8::2'
 * @public @since 0.1.0
 */
export const requestedHostAddress = (address: AddressInput | null | undefined): string | null => {
  if (address === undefined || address === null) return null
  if (!isAddress(address))
    throw new InvalidRequestError(`hostAddress is ${shownValue(address)}: expected an address of this host.`)
  return canonicalAddress(address)
}

/**
 * Is it an address, whatever a caller in JavaScript hands in? A value of ip-num has `getValue`.
 * @example
 * isAddress('192.0.2.2') // true
 * @public @since 0.1.0
 */
export const isAddress = (input: unknown): input is AddressInput =>
  (typeof input === 'string' || (typeof input === 'object' && input !== null && 'getValue' in input)) &&
  familyOf(input as AddressInput) !== null

const requestedInterface = (name: string | null | undefined): string | null => {
  if (name === undefined || name === null || typeof name === 'string') return name ?? null
  throw new InvalidRequestError(`interface is ${shownValue(name)}: expected a name such as "eth0".`)
}

const requestedSources = (sources: PortOptions['allowFrom']): readonly string[] | null => {
  if (sources === undefined || sources === null) return null
  if (!Array.isArray(sources))
    throw new InvalidRequestError(`allowFrom is ${shownValue(sources)}: expected a list of prefixes.`)
  return (sources as readonly (AddressInput | PrefixInput)[]).map((source) => {
    const allowed = sourceOf(source)
    const mapped = mappedPrefix(parsePrefix(allowed))
    if (mapped === null) return allowed
    throw new InvalidRequestError(
      `allowFrom has ${allowed} in it, and no packet has an IPv4-mapped address: write ${mapped}.`,
    )
  })
}

const sourceOf = (source: AddressInput | PrefixInput): string => {
  try {
    return canonicalHostOrPrefix(inputText(source))
  } catch (error) {
    throw new InvalidRequestError(
      `allowFrom has ${shownValue(source)} in it: expected prefixes such as "192.0.2.0/24".`,
      { cause: error },
    )
  }
}

/**
 * Reads the ports that a program asks for.
 *
 * @param option - the name of the option, for the message
 * @throws InvalidRequestError
 * @example
 * requestedPorts('8000-8009', 'hostPort') // { first: 8000, last: 8009 }
 * @public @since 0.1.0
 */
export const requestedPorts = (ports: PortsInput, option: string): PortRange => {
  if (typeof ports === 'string' && /^\d{1,5}-\d{1,5}$/.test(ports)) {
    const [first = 0, last = 0] = ports.split('-').map(Number)
    if (isPort(first) && isPort(last) && first <= last) return { first, last }
  }
  if (isPort(ports)) return { first: ports, last: ports }
  const automatic = option === 'hostPort' ? ', a range such as "8000-8009", or "auto"' : ''
  throw new InvalidRequestError(
    `${option} is ${shownValue(ports)}: expected a port from 1 to 65535${automatic === '' ? ', or a range such as "8000-8009"' : automatic}.`,
  )
}

const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535
