import { littleEndian } from '@portolan/core/netlink'
import type { Span } from './attributes.ts'

/** The kinds of expressions of nft in what it notes of a set (nftables, `include/expression.h`). */
const VALUE = 4
const CONCATENATION = 13

/** A kind, then what there is to say of it. */
const kind = (number: number, length: number): readonly number[] => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, number, littleEndian)
  return [0, 4, ...bytes, 1, length]
}

/**
 * What nft notes of a set whose types are given by name: no more than that it is a value, or a concatenation that begins
 * with one, as it stops there (nftables, `concat_expr_build_udata`).
 */
const byName: readonly (readonly number[])[] = [
  kind(VALUE, 0),
  [...kind(CONCATENATION, 10), 0, 0, ...kind(VALUE, 0)],
]

/** Does what nft noted of a set's type name an expression, as in `typeof ip saddr`? Then nft lists that. */
export const isTypeof = ({ view, start, end }: Span): boolean =>
  !byName.some(
    (bytes) => bytes.length === end - start && bytes.every((byte, at) => view.getUint8(start + at) === byte),
  )
