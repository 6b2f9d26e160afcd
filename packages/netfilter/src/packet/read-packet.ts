import { type Family, tryParseAddress } from '../address/index.ts'
import { ParseError, type SourcePosition } from '../error/index.ts'
import { protocolNumber } from '../model/index.ts'
import type { Packet, PacketState } from './packet.ts'

const states: readonly string[] = ['new', 'established', 'related', 'invalid', 'untracked']

/**
 * Reads one packet from a line of JSON, as `portolan evaluate` takes them.
 *
 * @param text - an object with the keys of `Packet`; `family` may be left out, others are ignored
 * @param place - where the line stands, for errors
 * @throws ParseError for what is no JSON, or a key of the wrong kind
 * @example
 * readPacket('{"in": "eth0", "source": "198.51.100.7", "destination": "192.0.2.2", "destinationPort": 8080, "protocol": "tcp"}')
 * @public @since 0.1.0
 */
export const readPacket = (
  text: string,
  place: SourcePosition = { source: '<packet>', line: 1, column: 1 },
): Packet => {
  const wrong = (what: string): ParseError => new ParseError(what, place, text.slice(0, 200))
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ParseError('expected a packet as one JSON object a line', place, text.slice(0, 200), { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong('expected a JSON object')
  const given = new Map(Object.entries(value))

  const name = (key: string): string | null => {
    const found: unknown = given.get(key) ?? null
    if (found !== null && typeof found !== 'string') throw wrong(`${key}: expected a string or null`)
    return found === '' ? null : found
  }
  const number = (key: string, most: number): number | null => {
    const found: unknown = given.get(key) ?? null
    if (found === null) return null
    if (typeof found === 'number' && Number.isInteger(found) && found >= 0 && found <= most) return found
    throw wrong(`${key}: expected a whole number from 0 to ${most}`)
  }
  const address = (key: string): string | null => {
    const found = name(key)
    if (found !== null && tryParseAddress(found) === null)
      throw wrong(`${key}: "${found}" is not an IP address`)
    return found
  }

  const destination = address('destination')
  if (destination === null) throw wrong('destination: expected an IP address')
  const source = address('source')
  const family: Family = tryParseAddress(destination)?.family ?? 'ip'
  if ((name('family') ?? family) !== family) throw wrong(`family: the destination is an ${family} address`)
  if (source !== null && tryParseAddress(source)?.family !== family)
    throw wrong('source: expected an address of the family of the destination')
  const incoming = name('in')
  if (incoming !== null && source === null) throw wrong('source: expected an IP address, as "in" is given')
  const protocol = given.get('protocol') ?? 'tcp'
  if (typeof protocol !== 'string' && typeof protocol !== 'number') throw wrong('protocol: expected a name')
  if (protocolOf(protocol) === null) throw wrong(`protocol: "${protocol}" is not known; give its number`)
  const state = name('state') ?? 'new'
  if (!isState(state)) throw wrong(`state: expected one of ${states.join(', ')}`)

  const optional = {
    mark: number('mark', 0xffffffff),
    tcpFlags: number('tcpFlags', 255),
    icmpType: number('icmpType', 255),
    icmpCode: number('icmpCode', 255),
  }
  return {
    family,
    in: incoming,
    source,
    sourcePort: number('sourcePort', 65535),
    destination,
    destinationPort: number('destinationPort', 65535),
    protocol,
    state,
    port: name('port'),
    ...Object.fromEntries(Object.entries(optional).filter(([, one]) => one !== null)),
  }
}

const isState = (text: string): text is PacketState => states.includes(text)

/**
 * The number of a protocol; null when the name is not known.
 *
 * @example
 * protocolOf('tcp') // 6
 * @public @since 0.1.0
 */
export const protocolOf = (protocol: string | number): number | null => {
  if (typeof protocol === 'number')
    return Number.isInteger(protocol) && protocol >= 0 && protocol <= 255 ? protocol : null
  if (/^\d{1,3}$/.test(protocol)) return protocolOf(Number(protocol))
  const name = protocol === 'ipv6-icmp' || protocol === 'icmp6' ? 'icmpv6' : protocol.toLowerCase()
  const numbers: Readonly<Record<string, number>> = protocolNumber
  return Object.hasOwn(numbers, name) ? (numbers[name] ?? null) : null
}
