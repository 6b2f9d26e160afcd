import { littleEndian } from '@portolan/core/netlink'
import type { Span } from './attributes.ts'

/** nft's numbers for kinds of expressions in the user data of a set (nftables, `include/expression.h`). */
const VALUE = 4
const CONCATENATION = 13

/** The bytes of a kind, followed by the head of its content. */
const kind = (number: number, length: number): readonly number[] => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, number, littleEndian)
  return [0, 4, ...bytes, 1, length]
}

/**
 * The user data of a set whose types are given by name: a value, or a concatenation that begins with one. nft stops
 * there (nftables, `concat_expr_build_udata`).
 */
const byName: readonly (readonly number[])[] = [
  kind(VALUE, 0),
  [...kind(CONCATENATION, 10), 0, 0, ...kind(VALUE, 0)],
]

/** Does the user data of a set's type name an expression, as in `typeof ip saddr`? Then nft lists that expression. */
export const isTypeof = ({ view, start, end }: Span): boolean =>
  !byName.some(
    (bytes) => bytes.length === end - start && bytes.every((byte, at) => view.getUint8(start + at) === byte),
  )
