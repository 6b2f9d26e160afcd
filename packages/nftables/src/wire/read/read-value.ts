import { littleEndian, readText } from '@portolan/core/netlink'
import { formatAddress4, formatAddress6 } from '@portolan/netfilter'
import { type Expression, portKey, type TextExpression } from '../../model/index.ts'
import { paddedTo4 } from '../message-parts.ts'

/** Reads the value between two offsets; null when nft would list the value in another form. */
export type ReadValue = (view: DataView, start: number, end: number) => Expression | null

interface ValueType {
  readonly bytes: number
  readonly read: (view: DataView, start: number) => Expression | null
}

const text = (value: string): TextExpression => ({ kind: 'text', text: value })

/** Each protocol is one shared object, because thousands of elements name the same few. */
const protocols: Readonly<Record<number, TextExpression>> = {
  6: text('tcp'),
  17: text('udp'),
  132: text('sctp'),
}

/** The addresses read before, one object each. Thousands of mappings lead to a few addresses. */
const known4 = new Map<number, TextExpression>()
const KNOWN_LIMIT = 4_096

const readAddress4 = (view: DataView, start: number): TextExpression => {
  const value = view.getUint32(start)
  const known = known4.get(value)
  if (known !== undefined) return known
  const read = text(formatAddress4(value))
  if (known4.size < KNOWN_LIMIT) known4.set(value, read)
  return read
}

const readAddress6 = (view: DataView, start: number): TextExpression | null => {
  const value = (view.getBigUint64(start) << 64n) | view.getBigUint64(start + 8)
  // nft lists the old IPv4-compatible addresses (RFC 4291, section 2.5.5.1) in a form of their own.
  return value >> 32n === 0n && value > 0xffffn ? null : text(formatAddress6(value))
}

const IFNAMSIZ = 16

const readInterface = (view: DataView, start: number): TextExpression | null => {
  const name = readText(view, start, start + IFNAMSIZ)
  // nft lists a prefix of names with a star at its end. Our exact maps never hold one.
  return name === '' || /[*\\\ufffd]/.test(name) ? null : text(name)
}

const types: Readonly<Record<string, ValueType>> = {
  inet_proto: { bytes: 1, read: (view, start) => protocols[view.getUint8(start)] ?? null },
  inet_service: { bytes: 2, read: (view, start) => ({ kind: 'number', value: view.getUint16(start) }) },
  ipv4_addr: { bytes: 4, read: readAddress4 },
  ipv6_addr: { bytes: 16, read: readAddress6 },
  ifname: { bytes: IFNAMSIZ, read: readInterface },
  integer: { bytes: 4, read: (view, start) => ({ kind: 'number', value: view.getUint32(start) }) },
  host_integer: {
    bytes: 4,
    read: (view, start) => ({ kind: 'number', value: view.getUint32(start, littleEndian) }),
  },
}

/** The number of bytes of a type's values; null when our sets never have the type. */
export const bytesOf = (type: string): number | null => types[type]?.bytes ?? null

/**
 * Makes a reader for values of these types: of a concatenation when there are several. Null: our sets never have one of
 * the types.
 */
export const readerOf = (names: readonly string[]): ReadValue | null => {
  const found = names.map((name) => types[name])
  const known = found.filter((type) => type !== undefined)
  const [only] = known
  if (only === undefined || known.length !== found.length) return null
  if (known.length === 1)
    return (view, start, end) => (end - start === only.bytes ? only.read(view, start) : null)
  return names.length === 2 && names[0] === 'inet_proto' && names[1] === 'inet_service'
    ? readPortKey
    : concatenation(known)
}

/** Reads the key of a port. There may be ten thousand, and each is made once for all readings. */
const readPortKey: ReadValue = (view, start, end) => {
  if (end - start !== 8) return null
  const protocol = protocols[view.getUint8(start)]
  return protocol === undefined ? null : portKey(protocol.text, view.getUint16(start + 4))
}

const concatenation = (types: readonly ValueType[]): ReadValue => {
  const offsets = types.map((_type, at) =>
    types.slice(0, at).reduce((sum, { bytes }) => sum + paddedTo4(bytes), 0),
  )
  const size = types.reduce((sum, { bytes }) => sum + paddedTo4(bytes), 0)
  return (view, start, end) => {
    if (end - start !== size) return null
    // The list is made in its final length. A list that grows reserves more room, ten thousand times.
    const parts = new Array<Expression>(types.length)
    for (let at = 0; at < types.length; at += 1) {
      const value = types[at]?.read(view, start + (offsets[at] ?? 0)) ?? null
      if (value === null) return null
      parts[at] = value
    }
    return { kind: 'concat', parts }
  }
}
