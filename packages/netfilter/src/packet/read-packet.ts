import { is } from 'valibot'
import { type Family, tryParseAddress } from '../address/index.ts'
import { type JsonPath, offsetInJson, ParseError, type SourcePosition } from '../error/index.ts'
import { protocolNumber } from '../model/index.ts'
import { checkArgument, faultText, findFault, textValue } from '../schema/index.ts'
import type { Packet } from './packet.ts'
import { packetSchema, type WrittenPacket } from './packet-schema.ts'

/**
 * Reads one packet from a line of JSON, as `portolan evaluate` takes them.
 *
 * @param text - an object with the keys of `Packet`; `family` may be absent, and unknown keys are refused
 * @param place - where the line stands, for errors
 * @throws ParseError for invalid JSON, an unknown key, or a value of the wrong kind
 * @example
 * readPacket('{"in": "eth0", "source": "198.51.100.7", "destination": "192.0.2.2", "destinationPort": 8080, "protocol": "tcp"}')
 * @public @since 0.1.0
 */
export const readPacket = (
  text: string,
  place: SourcePosition = { source: '<packet>', line: 1, column: 1 },
): Packet => {
  checkArgument(text, textValue('a line of JSON'), 'the text of the packet')
  const wrong = (what: string, path: JsonPath = [], end: 'value' | 'key' = 'value'): ParseError =>
    new ParseError(what, placeIn(text, place, path, end), text.slice(0, 200))
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ParseError('expected a packet as one JSON object a line', place, text.slice(0, 200), { cause })
  }
  if (!isWritten(value)) {
    const fault = findFault(packetSchema, value)
    if (fault === null || fault.steps.length === 0) throw wrong('expected a JSON object')
    throw wrong(fault.path === '' ? fault.message : faultText(fault), fault.steps, fault.end)
  }
  const addressOf = (key: 'source' | 'destination'): string | null => {
    const found = orNone(value[key])
    if (found !== null && tryParseAddress(found) === null)
      throw wrong(`${key}: "${found}" is not an IP address`, [key])
    return found
  }
  const destination = addressOf('destination')
  if (destination === null) throw wrong('destination: expected an IP address')
  const source = addressOf('source')
  const family: Family = tryParseAddress(destination)?.family ?? 'ip'
  if ((orNone(value.family) ?? family) !== family)
    throw wrong(`family: the destination is an ${family} address`, ['family'])
  if (source !== null && tryParseAddress(source)?.family !== family)
    throw wrong('source: expected an address of the family of the destination', ['source'])
  const incoming = orNone(value.in)
  if (incoming !== null && source === null) throw wrong('source: expected an IP address, as "in" is given')
  const protocol = value.protocol ?? 'tcp'
  if (protocolOf(protocol) === null)
    throw wrong(`protocol: "${protocol}" is not known; give its number`, ['protocol'])
  return {
    family,
    in: incoming,
    source,
    sourcePort: value.sourcePort ?? null,
    destination,
    destinationPort: value.destinationPort ?? null,
    protocol,
    state: orNone(value.state) ?? 'new',
    port: orNone(value.port),
    ...(value.mark == null ? {} : { mark: value.mark }),
    ...(value.tcpFlags == null ? {} : { tcpFlags: value.tcpFlags }),
    ...(value.icmpType == null ? {} : { icmpType: value.icmpType }),
    ...(value.icmpCode == null ? {} : { icmpCode: value.icmpCode }),
  }
}

/**
 * The position of a part of the line, for errors. A text of several lines does not come from a line of a file, so it
 * keeps the given position.
 */
const placeIn = (
  text: string,
  place: SourcePosition,
  path: JsonPath,
  end: 'value' | 'key',
): SourcePosition =>
  path.length === 0 || text.includes('\n')
    ? place
    : { ...place, column: place.column + offsetInJson(text, path, end) }

const isWritten = (value: unknown): value is WrittenPacket => is(packetSchema, value)

/** The text, or null for an empty or absent one. */
const orNone = <Text extends string>(text: Text | '' | null | undefined): Text | null =>
  text === '' || text === undefined ? null : text

/**
 * The number of a protocol; null when the name is not known.
 *
 * @example
 * protocolOf('tcp') // 6
 * @public @since 0.1.0
 */
export const protocolOf = (protocol: string | number): number | null => {
  if (typeof protocol !== 'string' && typeof protocol !== 'number') return null
  if (typeof protocol === 'number')
    return Number.isInteger(protocol) && protocol >= 0 && protocol <= 255 ? protocol : null
  if (/^\d{1,3}$/.test(protocol)) return protocolOf(Number(protocol))
  const name = protocol === 'ipv6-icmp' || protocol === 'icmp6' ? 'icmpv6' : protocol.toLowerCase()
  const numbers: Readonly<Record<string, number>> = protocolNumber
  return Object.hasOwn(numbers, name) ? (numbers[name] ?? null) : null
}
