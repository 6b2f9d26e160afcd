import type { ByteWriter } from '@portolan/core/netlink'
import { tryParseAddress } from '@portolan/netfilter'
import type { Expression } from '../../model/index.ts'
import { unwritable } from './unwritable.ts'

/** IANA protocol numbers. */
const protocols: ReadonlyMap<string, number> = new Map([
  ['tcp', 6],
  ['udp', 17],
  ['sctp', 132],
])

export const protocolNumber = (value: Expression): number => {
  const number = value.kind === 'text' ? protocols.get(value.text) : undefined
  if (number === undefined) throw unwritable(value)
  return number
}

const IFNAMSIZ = 16

/** Is this name taken literally by nft? A closing star means a prefix of names, and a backslash escapes it. */
const isPlainName = (name: string): boolean => name !== '' && !/[*\\]/.test(name)

export type WriteValue = (writer: ByteWriter, value: Expression) => void

const writeAddress = (writer: ByteWriter, type: string, value: Expression): void => {
  const address = value.kind === 'text' ? tryParseAddress(value.text) : null
  if (address?.family === 'ip' && type === 'ipv4_addr') writer.be32(address.value)
  else if (address?.family === 'ip6' && type === 'ipv6_addr') {
    writer.be64(address.value >> 64n)
    writer.be64(address.value & 0xffff_ffff_ffff_ffffn)
  } else throw unwritable(value)
}

const writeName = (writer: ByteWriter, value: Expression): void => {
  if (value.kind !== 'text' || !isPlainName(value.text)) throw unwritable(value)
  const start = writer.length
  writer.utf8(value.text)
  if (writer.length - start >= IFNAMSIZ) throw unwritable(value)
  while (writer.length - start < IFNAMSIZ) writer.u8(0)
}

const writers: Readonly<Record<string, WriteValue>> = {
  inet_service: (writer, value) => {
    if (value.kind !== 'number') throw unwritable(value)
    writer.be16(value.value)
  },
  inet_proto: (writer, value) => writer.u8(protocolNumber(value)),
  ifname: writeName,
  ipv4_addr: (writer, value) => writeAddress(writer, 'ipv4_addr', value),
  ipv6_addr: (writer, value) => writeAddress(writer, 'ipv6_addr', value),
  integer: (writer, value) => {
    if (value.kind !== 'number') throw unwritable(value)
    writer.u32(value.value)
  },
}

const writerOf = (type: string): WriteValue => {
  const write = Object.hasOwn(writers, type) ? writers[type] : undefined
  if (write === undefined) throw unwritable(type)
  return write
}

/** Writes one value of a type without padding, for a comparison with a register. */
export const writePlainValue = (writer: ByteWriter, type: string, value: Expression): void =>
  writerOf(type)(writer, value)

/**
 * Makes a writer for values of these types. In a concatenation each part takes a multiple of four bytes (nft,
 * src/netlink.c: netlink_padded_len).
 */
export const valueWriter = (types: readonly string[]): WriteValue => {
  const [first, ...more] = types.map(writerOf)
  if (first === undefined) throw unwritable(types)
  if (more.length === 0) return first
  const parts = [first, ...more]
  return (writer, value) => {
    if (value.kind !== 'concat' || value.parts.length !== parts.length) throw unwritable(value)
    for (let at = 0; at < parts.length; at += 1) {
      const part = value.parts[at]
      if (part === undefined) throw unwritable(value)
      const start = writer.length
      parts[at]?.(writer, part)
      // Padding by length is enough: the value of an attribute begins at an aligned offset.
      for (let length = writer.length - start; length % 4 !== 0; length += 1) writer.u8(0)
    }
  }
}
