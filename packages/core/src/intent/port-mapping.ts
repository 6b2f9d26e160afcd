import type { Protocol } from '@portolan/netfilter'
import { formatAddress, ParseError, tryParseAddress, unmapAddress } from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'
import type { PortMapping, PortRange } from './intent.ts'
import { isMistake, type Mistake, mistake } from './mistake.ts'
import { countPorts, printPortRange, readHostPorts, readPortRange } from './port-range.ts'

const protocols: readonly Protocol[] = ['tcp', 'udp', 'sctp']

/** Reads a protocol name in any case, or returns a mistake that says what was expected. */
export const readProtocol = (text: string, offset: number): { protocol: Protocol } | Mistake => {
  const protocol = protocols.find((name) => name === text.toLowerCase())
  return protocol === undefined
    ? mistake(offset, `expected the protocol tcp, udp or sctp, found "${text}"`)
    : { protocol }
}

/**
 * Reads an address of the host, with or without brackets around IPv6. An IPv4-mapped IPv6 address is read as the IPv4
 * address: no packet on the wire carries the mapped form (RFC 4291, section 2.5.5.2).
 */
export const readHostAddress = (text: string, offset: number): { address: string } | Mistake => {
  const bracketed = text.startsWith('[') && text.endsWith(']')
  const address = tryParseAddress(bracketed ? text.slice(1, -1) : text)
  if (address === null || (bracketed && address.family === 'ip'))
    return mistake(
      offset,
      `expected an IPv4 address or an IPv6 address in brackets, found "${text}" (host names are not looked up)`,
    )
  return { address: formatAddress(unmapAddress(address)) }
}

/** Reads `8080:80` and its longer forms; a mistake has the offset at which reading failed. */
export const readPortMapping = (text: string): PortMapping | Mistake => {
  // The text is read from the right, as in Docker (go-connections nat.ParsePortSpec): only the address may hold colons.
  const whole =
    /^\[.*\]$/.test(text) || /^\d+(\.\d+){3}$/.test(text)
      ? tryParseAddress(text.replace(/^\[|\]$/g, ''))
      : null
  if (whole !== null)
    return mistake(
      text.length,
      `expected a host port and a container port after the address, such as ${text}:8080:80, but nothing is there`,
    )
  const containerAt = text.lastIndexOf(':') + 1
  const container = text.slice(containerAt)
  const slash = container.indexOf('/')
  const containerPorts = readPortRange(
    slash === -1 ? container : container.slice(0, slash),
    containerAt,
    'container',
  )
  if (isMistake(containerPorts)) return containerPorts
  const protocol =
    slash === -1
      ? { protocol: 'tcp' as const }
      : readProtocol(container.slice(slash + 1), containerAt + slash + 1)
  if (isMistake(protocol)) return protocol
  const host = readHostSide(containerAt === 0 ? '' : text.slice(0, containerAt - 1), containerPorts, text)
  return isMistake(host) ? host : { ...host, containerPorts, ...protocol }
}

const readHostSide = (
  text: string,
  containerPorts: PortRange,
  whole: string,
): Pick<PortMapping, 'hostAddress' | 'hostPorts'> | Mistake => {
  if (text.endsWith(']'))
    return mistake(
      text.length,
      `expected a host port between ${text} and the container port: ${text}:8080:80`,
    )
  const portAt = text.lastIndexOf(':') + 1
  const hostPorts = readHostPorts(text.slice(portAt), portAt)
  if (hostPorts !== null && isMistake(hostPorts)) return hostPorts
  const differ = hostPorts === null ? null : rangeMismatch(hostPorts, containerPorts)
  if (differ !== null) return mistake(portAt, differ)
  if (portAt <= 1) return { hostAddress: null, hostPorts }
  const address = text.slice(0, portAt - 1)
  // Without brackets the end of the address is unknown: in `::1:80:80` it is ::1 or ::1:80. Compose refuses it.
  if (address.includes(':') && !address.startsWith('[')) return mistake(0, withoutBrackets(address, whole))
  const host = readHostAddress(address, 0)
  return isMistake(host) ? host : { hostAddress: host.address, hostPorts }
}

/** The mistake for a text with too many colons: an IPv6 address without brackets, or one part too many. */
const withoutBrackets = (address: string, whole: string): string => {
  if (tryParseAddress(address)?.family === 'ip6')
    return `expected an IPv6 address in brackets, [${address}], found "${address}"`
  return whole.includes('::')
    ? `an IPv6 address needs brackets, since its end cannot be told: expected [ADDRESS]:HOSTPORT:CONTAINERPORT, such as [::1]:8080:80, found "${whole}"`
    : `too many parts between colons: expected [HOSTADDRESS:]HOSTPORT:CONTAINERPORT, such as 127.0.0.1:8080:80, found "${whole}". An IPv6 address needs brackets`
}

/** Why two ranges cannot be mapped onto each other; null: they can. */
export const rangeMismatch = (host: PortRange, container: PortRange): string | null =>
  countPorts(container) === 1 || countPorts(container) === countPorts(host)
    ? null
    : `${printPortRange(host)} is ${count(host)} and ${printPortRange(container)} is ${count(container)}: expected as many on both sides, or a single container port`

const count = (range: PortRange): string =>
  range.first === range.last ? '1 port' : `${countPorts(range)} ports`

/**
 * Reads a port mapping in the short syntax of the Compose Specification:
 * `[[hostAddress:]hostPorts:]containerPorts[/protocol]`.
 *
 * @param source - the name of the text in an error
 * @returns canonical addresses, ports 1 to 65535; `hostPorts` null when none is asked for (`80`, `127.0.0.1::80`,
 *   `0:80`)
 * @throws ParseError with the column at which something else was expected
 * @example
 * parsePortMapping('127.0.0.1:8080:80')
 * // { hostAddress: '127.0.0.1', hostPorts: { first: 8080, last: 8080 },
 * //   containerPorts: { first: 80, last: 80 }, protocol: 'tcp' }
 * @public @since 0.1.0
 */
export const parsePortMapping = (text: string, source = 'port mapping'): PortMapping => {
  checkText(text, 'text', 'a text such as 8080:80')
  checkText(source, 'source')
  const mapping = readPortMapping(text)
  if (!isMistake(mapping)) return mapping
  throw new ParseError(mapping.message, { source, line: 1, column: mapping.offset + 1 }, text)
}

/**
 * Prints a mapping in the shortest short syntax that `parsePortMapping` reads back as the same mapping.
 *
 * @example
 * printPortMapping(parsePortMapping('[::1]:53:53/UDP')) // '[::1]:53:53/udp'
 * @public @since 0.1.0
 */
export const printPortMapping = (mapping: PortMapping): string => {
  const { hostAddress, hostPorts, containerPorts, protocol } = mapping
  const address = hostAddress?.includes(':') ? `[${hostAddress}]` : hostAddress
  const host = hostPorts === null ? '' : printPortRange(hostPorts)
  const left = address === null ? (host === '' ? '' : `${host}:`) : `${address}:${host}:`
  return `${left}${printPortRange(containerPorts)}${protocol === 'tcp' ? '' : `/${protocol}`}`
}
