import type { NamedSet } from '../../model/index.ts'
import { BYTEORDER_BIG_ENDIAN, BYTEORDER_HOST_ENDIAN, BYTEORDER_INVALID } from '../constants.ts'
import { paddedTo4 } from '../message-parts.ts'
import { unwritable } from './unwritable.ts'

/** A type of values, with nft's number and byte order (nft, include/datatype.h: enum datatypes). */
interface DataType {
  readonly id: number
  /** In bytes. */
  readonly size: number
  readonly order: number
}

const types: Readonly<Record<string, DataType>> = {
  integer: { id: 4, size: 4, order: BYTEORDER_HOST_ENDIAN },
  ipv4_addr: { id: 7, size: 4, order: BYTEORDER_BIG_ENDIAN },
  ipv6_addr: { id: 8, size: 16, order: BYTEORDER_BIG_ENDIAN },
  inet_proto: { id: 12, size: 1, order: BYTEORDER_BIG_ENDIAN },
  inet_service: { id: 13, size: 2, order: BYTEORDER_BIG_ENDIAN },
  ifname: { id: 41, size: 16, order: BYTEORDER_HOST_ENDIAN },
}

const typeOf = (name: string): DataType => {
  const type = Object.hasOwn(types, name) ? types[name] : undefined
  if (type === undefined) throw unwritable(name)
  return type
}

export const sizeOf = (name: string): number => typeOf(name).size

/** The names of the types of a set's key or data: several for a concatenation. */
export const typesOf = (type: NamedSet['dataType']): readonly string[] =>
  type?.kind === 'names' ? type.names : []

/**
 * The type of a set's key or data as declared to the kernel. A concatenation has six bits for each part's type (nft,
 * include/datatype.h: TYPE_BITS). Each part takes whole registers, and the whole has no byte order.
 */
export const declarationOf = (names: readonly string[]): DataType => {
  const [first, ...more] = names.map(typeOf)
  if (first === undefined) throw unwritable(names)
  if (more.length === 0) return first
  const parts = [first, ...more]
  return {
    id: parts.reduce((id, part) => ((id << 6) | part.id) >>> 0, 0),
    size: parts.reduce((size, part) => size + paddedTo4(part.size), 0),
    order: BYTEORDER_INVALID,
  }
}
