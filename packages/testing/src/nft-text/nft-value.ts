import {
  type Family,
  firstAddress,
  formatAddress,
  formatPrefix,
  lastAddress,
  prefixAround,
  tryParseAddress,
} from '@portolan/netfilter'
import { type NftType, typeWords } from './nft-types.ts'
import { notRead, refused, refusedFor, type Word } from './nft-words.ts'

export type Json = string | number | null | readonly Json[] | { readonly [key: string]: Json }

/** A value, with the properties that a set needs. */
export interface ReadValue {
  readonly json: Json
  /** A prefix, a range or a wildcard: more than one value. */
  readonly many: boolean
  /** Its ends, where its type has an order. */
  readonly ends: readonly [bigint, bigint] | null
}

const one = (json: Json, at: bigint | null = null): ReadValue => ({
  json,
  many: false,
  ends: at === null ? null : [at, at],
})

/**
 * Reads a value of a type: a number, an address, a prefix, a range or a word.
 *
 * @param interfaces - the interfaces of the host
 * @throws ParseError for a text that nft refuses, NotSimulatedError for one that nft would look up
 */
export const readValue = (word: Word, type: NftType, interfaces: readonly string[]): ReadValue => {
  if (word.newline || (!word.quoted && /^[{};,]$/.test(word.text)))
    throw refused(word, `expected ${type.expected}`)
  if (type.kind === 'interface') return interfaceName(word, type)
  if (type.kind === 'index') return interfaceOfHost(word, type, interfaces)
  if (word.quoted) throw notRead(word, `${type.expected} is written without quotes`)
  if (/^[:.&|^]$|^v?map$/.test(word.text))
    throw notRead(word, 'maps, concatenations and bit operations are not')
  return type.kind === 'ip' || type.kind === 'ip6'
    ? addressValue(word, type, type.kind)
    : numberValue(word, type)
}

/** IFNAMSIZ of the kernel, without the zero at the end. */
const longestName = 15

const interfaceName = (word: Word, type: NftType): ReadValue => {
  const { text } = word
  if (text === '' || text === '*' || Buffer.byteLength(text) > longestName + (text.endsWith('*') ? 1 : 0))
    throw refused(word, `expected ${type.expected}`)
  if (text.includes('\\')) throw notRead(word, 'names with a backslash are not')
  if (!word.quoted && !/^[A-Za-z0-9_.@-][A-Za-z0-9_./:@-]*\*?$/.test(text))
    throw notRead(word, 'a name with such characters is written between quotes')
  return { json: text, many: text.endsWith('*'), ends: null }
}

const interfaceOfHost = (word: Word, { expected }: NftType, interfaces: readonly string[]): ReadValue => {
  if (interfaces.includes(word.text)) return one(word.text)
  if (/^\d+$/.test(word.text)) throw notRead(word, 'an interface is written by its name')
  throw refusedFor(
    word,
    `expected ${expected} (${interfaces.join(', ')}), and there is no ${JSON.stringify(word.text)}. Write "iifname" or "oifname" for one that comes later`,
  )
}

const addressValue = (word: Word, type: NftType, family: Family): ReadValue => {
  const { text } = word
  const parse = (part: string): { readonly text: string; readonly value: bigint } => {
    const found = tryParseAddress(part)
    if (found?.family === family) return { text: formatAddress(found), value: BigInt(found.value) }
    if (found === null && /^[a-z_][\w.-]*$/i.test(part) && !/^[0-9a-f]*:/i.test(part))
      throw notRead(word, 'nft would ask the resolver for this name', 'Write the address itself.')
    throw refused(word, `expected ${type.expected}`)
  }
  const [first = '', last, ...rest] = text.split('-')
  if (last !== undefined && rest.length === 0 && tryParseAddress(first) !== null) {
    const [low, high] = [parse(first), parse(last)]
    if (low.value > high.value)
      throw refused(word, 'expected a range whose last address is not before its first')
    return { json: { range: [low.text, high.text] }, many: true, ends: [low.value, high.value] }
  }
  const [bare = '', length, ...more] = text.split('/')
  if (length === undefined) {
    const { text: address, value } = parse(bare)
    return one(address, value)
  }
  parse(bare)
  const bits = family === 'ip' ? 32 : 128
  if (more.length > 0 || !/^(?:0|[1-9]\d*)$/.test(length) || Number(length) > bits)
    throw refused(word, `expected a prefix length from 0 to ${bits}`)
  return prefixValue(bare, Number(length))
}

const prefixValue = (address: string, length: number): ReadValue => {
  const parsed = tryParseAddress(address)
  if (parsed === null) return one(address)
  const prefix = prefixAround(parsed, length)
  const [addr = ''] = formatPrefix(prefix).split('/')
  const ends = [BigInt(firstAddress(prefix).value), BigInt(lastAddress(prefix).value)] as const
  const isOne = ends[0] === ends[1]
  return { json: isOne ? addr : { prefix: { addr, len: length } }, many: true, ends }
}

const numberValue = (word: Word, type: NftType): ReadValue => {
  const { text } = word
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? []
  if (first !== undefined && last !== undefined && type.kind === 'number') {
    const [low, high] = [numberOf(word, first, type), numberOf(word, last, type)]
    if (low > high) throw refused(word, 'expected a range whose last value is not below its first')
    return { json: { range: [low, high] }, many: true, ends: [BigInt(low), BigInt(high)] }
  }
  if (/^\d/.test(text)) {
    const number = numberOf(word, text, type)
    return one(number, BigInt(number))
  }
  if (typeWords(type).includes(text)) return one(text)
  if (/^\$|^@/.test(text)) throw notRead(word, 'a variable is not, and a set stands alone')
  if (type.database !== undefined && /^[a-z]/i.test(text))
    throw notRead(word, `nft would look this name up in ${type.database}`, 'Write the number itself.')
  throw refused(word, `expected ${type.expected}`)
}

const numberOf = (word: Word, text: string, type: NftType): number => {
  if (/^0\d/.test(text))
    throw notRead(word, 'nft reads a number with a leading 0 as octal', 'Write it without the 0.')
  const number = /^(?:\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(number) || number > type.most) throw refused(word, `expected ${type.expected}`)
  return number
}
