import { ctTypes, fibType, metaTypes, type NftType, payloadTypes } from './nft-types.ts'
import { type Json, type ReadValue, readValue } from './nft-value.ts'
import { notRead, refused, refusedFor, type Word, type WordReader } from './nft-words.ts'
import type { RuleScope } from './rule-scope.ts'

/** The left side of a match: the field that it reads. */
export interface Field {
  readonly json: Json
  readonly type: NftType
  readonly word: Word
  /** `ip saddr`, `meta mark`. */
  readonly name: string
}

const typeIn = (types: Readonly<Record<string, NftType>> | undefined, key: string): NftType | null =>
  types !== undefined && Object.hasOwn(types, key) ? (types[key] ?? null) : null

/** Reads the field of a match. @param word - the first word of the field, which is already read */
export const readField = (word: Word, reader: WordReader): Field => {
  const { text } = word
  const bare = typeIn(metaTypes, text)
  if (bare !== null) return { json: { meta: { key: text } }, type: bare, word, name: `meta ${text}` }
  if (reader.ended) throw notRead(word, `"${text}" is not known`)
  const second = reader.next()
  const key = second.text
  const name = `${text} ${key}`
  if (text === 'fib') return readFib(word, second, reader)
  const types = text === 'meta' ? metaTypes : text === 'ct' ? ctTypes : fieldsOf(text)
  const type = second.quoted ? null : typeIn(types, key)
  if (type === null) throw notRead(word, `"${name}" is not known`)
  if (text === 'meta' || text === 'ct') return { json: { [text]: { key } }, type, word, name }
  return { json: { payload: { protocol: text, field: key } }, type, word, name }
}

const fieldsOf = (header: string): Readonly<Record<string, NftType>> | undefined =>
  Object.hasOwn(payloadTypes, header) ? payloadTypes[header] : undefined

const readFib = (word: Word, second: Word, reader: WordReader): Field => {
  const flag = second.text
  if (flag !== 'saddr' && flag !== 'daddr')
    throw notRead(second, '"fib" is read with one of "saddr" and "daddr"')
  const third = reader.next()
  if (third.text !== 'type' || third.quoted) throw notRead(third, '"fib" is read with "type" alone')
  return { json: { fib: { result: 'type', flags: [flag] } }, type: fibType, word, name: `fib ${flag} type` }
}

const operators: readonly string[] = ['==', '!=', '<', '>', '<=', '>=']
const ordered: readonly string[] = ['<', '>', '<=', '>=']

/** Reads a match, or a statement that sets its field. */
export const readMatch = (field: Field, reader: WordReader, scope: RuleScope): readonly Json[] => {
  if (field.name === 'meta nfproto' && scope.table.family !== 'inet')
    throw refusedFor(
      field.word,
      `"meta nfproto" is for tables of family inet, and this one is ${scope.table.family}`,
    )
  takeHeader(field, scope)
  if (reader.skip('set')) return [setField(field, reader, scope)]
  const at = reader.peek()
  const asked = operators.includes(at) ? reader.next() : null
  if (asked !== null && ordered.includes(asked.text) && field.type.kind !== 'number') {
    const { kind } = field.type
    if (kind !== 'ip' && kind !== 'ip6')
      throw notRead(asked, `${field.name} is asked for single values alone`)
  }
  const right = readRight(field, reader, scope, asked)
  takeMeaning(field, asked?.text ?? '==', right, scope)
  const op = asked?.text ?? (field.type.bits === true && !right.isSet ? 'in' : '==')
  return [{ match: { op, left: field.json, right: right.json } }]
}

/** Notes the family or protocol that a field implies, such as `tcp dport`. */
const takeHeader = ({ word, name }: Field, scope: RuleScope): void => {
  const [header = ''] = name.split(' ')
  if (header === 'ip' || header === 'ip6') scope.ofFamily(word, header)
  if (['tcp', 'udp', 'sctp', 'icmp', 'icmpv6'].includes(header)) scope.ofProtocol(word, header)
}

const numbered: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmpv6',
  132: 'sctp',
}

/** Notes the family or protocol that a match asks for: `meta l4proto tcp`. */
const takeMeaning = ({ name }: Field, op: string, { json, isSet }: Right, scope: RuleScope): void => {
  if (op !== '==') return
  if (name === 'meta nfproto' && !isSet) scope.family = json === 'ipv6' || json === 10 ? 'ip6' : 'ip'
  if (name !== 'meta l4proto' && name !== 'ip protocol' && name !== 'ip6 nexthdr') return
  const protocol = typeof json === 'number' ? (numbered[json] ?? String(json)) : String(json)
  scope.protocol = isSet || typeof json === 'object' ? 'several' : protocol.replace('ipv6-icmp', 'icmpv6')
}

interface Right {
  readonly json: Json
  readonly isSet: boolean
}

const readRight = (field: Field, reader: WordReader, scope: RuleScope, asked: Word | null): Right => {
  const { type } = field
  const isOrdered = asked !== null && ordered.includes(asked.text)
  const first = reader.next()
  if (isOrdered && !first.quoted && /^[{@]/.test(first.text))
    throw refusedFor(first, `"${asked.text}" compares with a single value, and not with a set`)
  if (first.text === '{' && !first.quoted)
    return {
      json: { set: readList(reader, type, scope.table.interfaces, first).map(({ json }) => json) },
      isSet: true,
    }
  if (first.text.startsWith('@') && !first.quoted) {
    scope.refersToSet(first, type)
    return { json: first.text, isSet: true }
  }
  const value = readValue(first, type, scope.table.interfaces)
  if (isOrdered && value.many) throw refusedFor(first, `"${asked.text}" compares with a single value`)
  if (reader.peek() !== ',') return { json: value.json, isSet: false }
  if (type.bits !== true)
    throw refused(reader.next(), `expected one value of ${field.name}, or several between braces`)
  const values = [value.json]
  while (reader.skip(',')) values.push(readValue(reader.next(), type, scope.table.interfaces).json)
  return { json: values, isSet: false }
}

const settable = /^(?:meta mark|meta pkttype|ct mark|(?:ip|ip6|tcp|udp|sctp|th|icmp|icmpv6) \S+)$/

const setField = ({ name, type, word, json }: Field, reader: WordReader, scope: RuleScope): Json => {
  if (!settable.test(name)) throw refusedFor(word, `"${name}" cannot be set`)
  const value = reader.next()
  const read = readValue(value, type, scope.table.interfaces)
  if (read.many) throw refused(value, 'expected a single value')
  return { mangle: { key: json, value: read.json } }
}

/**
 * Reads elements up to the closing brace.
 * @param opening - the brace that opens them
 */
export const readList = (
  reader: WordReader,
  type: NftType,
  interfaces: readonly string[],
  opening: Word,
): readonly (ReadValue & { readonly word: Word })[] => {
  const values: (ReadValue & { readonly word: Word })[] = []
  for (;;) {
    reader.skipNewlines()
    if (reader.skip('}')) break
    const word = reader.next()
    values.push({ ...readValue(word, type, interfaces), word })
    reader.skipNewlines()
    if (reader.peek() === '}' || reader.skip(',')) continue
    const next = reader.next()
    if (!next.quoted && /^(?:[.:]|comment|timeout|expires|counter)$/.test(next.text))
      throw notRead(next, 'elements are single values')
    throw refused(next, 'expected "," or "}"')
  }
  if (values.length === 0) throw refusedFor(opening, 'a set between braces has elements')
  return values
}
