import { tryParseAddress4, tryParseAddress6, type ValueRange, type ValueSet } from '@portolan/netfilter'
import type { Expression } from '../../model/index.ts'
import { symbols } from './symbol.ts'

/** nft's name of a type of values. `unknown`: no property of a described packet has this type. */
export type ValueType = string

export const isNameType = (type: ValueType): boolean => type === 'ifname' || type === 'iface_index'

const etherTypes: ReadonlyMap<number, number> = new Map([
  [0x0800, 2],
  [0x86dd, 10],
])

/**
 * Converts an EtherType so that `meta protocol` can be read as `meta nfproto`: 2 or 10. The result for any other
 * protocol equals neither.
 */
const fromEtherType = (value: number): number => etherTypes.get(value) ?? 0x10000 + value

const sized = (type: ValueType, value: number): number | bigint | null => {
  if (!Number.isSafeInteger(value) || value < 0) return null
  if (type === 'ether_type') return fromEtherType(value)
  return type === 'ipv6_addr' ? BigInt(value) : value
}

const readText = (type: ValueType, text: string): number | bigint | null => {
  if (type === 'ipv4_addr') return tryParseAddress4(text)
  if (type === 'ipv6_addr') return tryParseAddress6(text)
  const names = symbols.get(type)
  if (names !== undefined && Object.hasOwn(names, text)) return sized(type, names[text] ?? -1)
  return /^(?:0x[0-9a-f]+|[0-9]+)$/i.test(text) ? sized(type, Number(text)) : null
}

/** The number of a constant. Null: the expression is not a constant, or the constant is not known. */
export const readNumber = (expression: Expression, type: ValueType): number | bigint | null => {
  switch (expression.kind) {
    case 'number':
      return sized(type, expression.value)
    case 'text':
      return readText(type, expression.text)
    case 'boolean':
      return expression.value ? 1 : 0
    case 'list':
      return readFlags(expression.items, type)
    case 'binary':
      return expression.operator === '|' ? readFlags(expression.operands, type) : null
    default:
      return null
  }
}

const readFlags = (items: readonly Expression[], type: ValueType): number | null => {
  let all = 0
  for (const item of items) {
    const value = readNumber(item, type)
    if (typeof value !== 'number') return null
    all = (all | value) >>> 0
  }
  return all
}

const prefixRange = (base: number | bigint, length: number): ValueRange | null => {
  const bits = typeof base === 'bigint' ? 128 : 32
  if (!Number.isInteger(length) || length < 0 || length > bits) return null
  const host = (1n << BigInt(bits - length)) - 1n
  const first = BigInt(base) & ~host
  const last = first | host
  return typeof base === 'bigint' ? { first, last } : { first: Number(first), last: Number(last) }
}

/**
 * Does a prefix have bits set behind its length? nft lists a masked comparison as such a prefix, for example
 * `ip saddr & 255.255.255.0 == 192.0.2.9`, which no address meets. A prefix that was written as a prefix has no such
 * bits, in whichever form (measured, 1.1.3).
 */
export const hasBitsBehind = (expression: Expression, type: ValueType): boolean => {
  if (expression.kind !== 'prefix') return false
  const base = readNumber(expression.address, type)
  return base !== null && prefixRange(base, expression.length)?.first !== base
}

/** The range of a constant, a range or a prefix; null for any other expression. */
export const readRange = (expression: Expression, type: ValueType): ValueRange | null => {
  if (expression.kind === 'range') {
    const first = readNumber(expression.first, type)
    const last = readNumber(expression.last, type)
    return first === null || last === null || first > last ? null : { first, last }
  }
  if (expression.kind === 'prefix') {
    const base = readNumber(expression.address, type)
    return base === null ? null : prefixRange(base, expression.length)
  }
  const value = readNumber(expression, type)
  return value === null ? null : { first: value, last: value }
}

/** An interface name: `eth0`, or `eth*` for all names with that start. A literal star at the end is written `\\*`. */
const readName = (text: string): ValueSet => {
  const isLiteral = text.endsWith('\\*')
  const wildcard = text.endsWith('*') && !isLiteral
  const name = wildcard ? text.slice(0, -1) : isLiteral ? `${text.slice(0, -2)}*` : text
  return { kind: 'names', names: [{ text: name, wildcard }] }
}

/** The values that a constant stands for; null when it is not understood. */
export const readValues = (expression: Expression, type: ValueType): ValueSet | null => {
  if (type === 'unknown') return null
  if (isNameType(type)) return expression.kind === 'text' ? readName(expression.text) : null
  const range = readRange(expression, type)
  return range === null ? null : { kind: 'ranges', ranges: [range] }
}
