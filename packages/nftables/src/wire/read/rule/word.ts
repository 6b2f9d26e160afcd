import { littleEndian } from '@portolan/core/netlink'
import { type Expression, type TextExpression, text } from '../../../model/index.ts'
import { bitSymbols, byteSymbols, longSymbols, type Symbols } from '../../symbols.ts'
import type { Span } from '../attributes.ts'

type Words = ReadonlyMap<number, TextExpression>

const wordsOf = (symbols: Symbols): Words => new Map(symbols.map(([word, number]) => [number, text(word)]))

const byNumber = (types: Readonly<Record<string, Symbols>>): Readonly<Record<string, Words>> =>
  Object.fromEntries(Object.entries(types).map(([type, symbols]) => [type, wordsOf(symbols)]))

// IANA protocol numbers. Our rules match ICMP only in front of a type, which implies the protocol.
const protocols: Symbols = [
  ['tcp', 6],
  ['udp', 17],
  ['sctp', 132],
  ['icmp', 1],
  ['ipv6-icmp', 58],
]

const bytes = byNumber({ ...byteSymbols, inet_proto: protocols })
const longs = byNumber(longSymbols)
const bits = byNumber(bitSymbols)

/** A number of four bytes in the byte order of the machine. */
const longIn = ({ view, start, end }: Span): number | null =>
  end - start === 4 ? view.getUint32(start, littleEndian) : null

/** The word for a value; null when our rules never have the value. */
export const wordIn = (type: string, span: Span): TextExpression | null => {
  const { view, start, end } = span
  if (end - start === 1) return bytes[type]?.get(view.getUint8(start)) ?? null
  return longs[type]?.get(longIn(span) ?? -1) ?? null
}

/**
 * The words for the bits of a mask: one word, or a list for several, as nft lists them. Null: our rules never have one
 * of the bits.
 */
export const bitsIn = (type: string, mask: Span): Expression | null => {
  const known = bits[type]
  const value = longIn(mask)
  if (known === undefined || value === null) return null
  let rest = value
  const items: TextExpression[] = []
  for (const [bit, word] of known) {
    if ((value & bit) === 0) continue
    rest &= ~bit
    items.push(word)
  }
  const [only, ...others] = items
  if (rest !== 0 || only === undefined) return null
  return others.length === 0 ? only : { kind: 'list', items }
}
