import { notRead, type Word, WordReader } from './nft-words.ts'

type Json = string | number | null | readonly Json[] | { readonly [key: string]: Json }

/** A rule as `nft -j` prints it, without its place. */
export interface ListedRule {
  readonly expr: readonly Json[]
  readonly comment?: string
}

/**
 * A rule of nft's language.
 * @param family - of its table
 */
export const readRule = (words: readonly Word[], family: string): ListedRule => {
  const reader = new WordReader(words)
  const expr: Json[] = []
  let comment: string | undefined
  while (!reader.ended) {
    if (reader.skip('comment')) comment = reader.next().text
    else expr.push(readStatement(reader, family))
  }
  return { expr, ...(comment === undefined ? {} : { comment }) }
}

const readStatement = (reader: WordReader, family: string): Json => {
  const word = reader.next()
  const plain = plainStatements[word.text]
  if (plain !== undefined) return plain
  const read = statements[word.text]
  if (read !== undefined) return read(reader, family)
  const left = readLeft(word, reader)
  return readMatch(left, reader)
}

const plainStatements: Readonly<Record<string, Json>> = {
  accept: { accept: null },
  drop: { drop: null },
  return: { return: null },
  continue: { continue: null },
  masquerade: { masquerade: null },
  notrack: { notrack: null },
}

const statements: Readonly<Record<string, (reader: WordReader, family: string) => Json>> = {
  jump: (reader) => ({ jump: { target: reader.next().text } }),
  goto: (reader) => ({ goto: { target: reader.next().text } }),
  counter: (reader) => {
    if (!reader.skip('packets')) return { counter: null }
    const packets = Number(reader.next().text)
    reader.expect('bytes')
    return { counter: { packets, bytes: Number(reader.next().text) } }
  },
  log: (reader) => (reader.skip('prefix') ? { log: { prefix: reader.next().text } } : { log: null }),
  reject: (reader, family) => {
    // As nft lists a bare "reject": of a table of both families it is of no family.
    const bare = { ip: 'icmp', ip6: 'icmpv6' }[family] ?? 'icmpx'
    if (!reader.skip('with')) return { reject: { type: bare, expr: 'port-unreachable' } }
    const type = reader.next().text
    if (type !== 'tcp') return { reject: { type, expr: reader.next().text } }
    reader.expect('reset')
    return { reject: { type: 'tcp reset' } }
  },
  dnat: (reader) => ({ dnat: readTarget(reader) }),
  snat: (reader) => ({ snat: readTarget(reader) }),
  redirect: (reader) => {
    if (!reader.skip('to')) return { redirect: null }
    return { redirect: { port: Number(reader.next().text.replace(/^:/, '')) } }
  },
}

const target = /^(?:\[([0-9a-f:.]+)\]|([^[\]:]+|[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*))(?::(\d+))?$/i

const readTarget = (reader: WordReader): Json => {
  const family = reader.peek() === 'ip' || reader.peek() === 'ip6' ? { family: reader.next().text } : {}
  reader.expect('to')
  const word = reader.next()
  const [, inBrackets, bare, port] = target.exec(word.text) ?? []
  const addr = inBrackets ?? bare
  if (addr === undefined || addr.includes('-') || addr.startsWith('@'))
    throw notRead(word, 'a translation to one address, with a port or without, is')
  return { ...family, addr, ...(port === undefined ? {} : { port: Number(port) }) }
}

const payloads: Readonly<Record<string, readonly string[]>> = {
  ip: ['saddr', 'daddr', 'protocol', 'ttl', 'dscp'],
  ip6: ['saddr', 'daddr', 'nexthdr', 'hoplimit'],
  tcp: ['sport', 'dport', 'flags'],
  udp: ['sport', 'dport'],
  sctp: ['sport', 'dport'],
  th: ['sport', 'dport'],
  icmp: ['type'],
  icmpv6: ['type'],
}

const metas: readonly string[] = ['iif', 'oif', 'iifname', 'oifname', 'l4proto', 'nfproto', 'mark', 'pkttype']

const readLeft = (word: Word, reader: WordReader): Json => {
  const { text } = word
  if (metas.includes(text)) return { meta: { key: text } }
  const second = reader.next()
  const key = second.text
  if (text === 'meta' && metas.includes(key)) return { meta: { key } }
  if (text === 'ct' && ['state', 'status', 'mark', 'direction'].includes(key)) return { ct: { key } }
  if (payloads[text]?.includes(key) === true) return { payload: { protocol: text, field: key } }
  if (text === 'fib') {
    const third = reader.next()
    if (third.text === 'type') return { fib: { result: 'type', flags: key.split('.') } }
    throw notRead(third, '"fib" is read with "type" alone')
  }
  throw notRead(word, `"${text} ${key}" is not known`)
}

const operators: readonly string[] = ['==', '!=', '<', '>', '<=', '>=']

/** What has bits: a value asks whether any of them is set. */
const hasBits = (left: Json): boolean =>
  typeof left === 'object' &&
  left !== null &&
  'ct' in left &&
  ['state', 'status'].includes(String((left.ct as { readonly key: string }).key))

const readMatch = (left: Json, reader: WordReader): Json => {
  if (reader.peek() === 'set') {
    reader.next()
    return { mangle: { key: left, value: readValue(reader.next()) } }
  }
  const asked = operators.includes(reader.peek()) ? reader.next().text : null
  const right = readRight(reader)
  const op = asked ?? (hasBits(left) && !isSet(right) ? 'in' : '==')
  return { match: { op, left, right } }
}

const isSet = (value: Json): boolean => typeof value === 'object' && value !== null && 'set' in value

const readRight = (reader: WordReader): Json => {
  if (reader.skip('{')) return { set: readList(reader) }
  const values = [readValue(reader.next())]
  while (reader.skip(',')) values.push(readValue(reader.next()))
  return values.length === 1 ? (values[0] ?? null) : values
}

/** Elements up to the closing brace. */
export const readList = (reader: WordReader): readonly Json[] => {
  const values: Json[] = []
  while (!reader.skip('}')) {
    reader.skipEnds()
    if (reader.peek() === '}') continue
    values.push(readValue(reader.next()))
    if (reader.peek() !== '}' && !reader.skip(',') && reader.peek() !== ';')
      throw notRead(reader.next(), 'elements are single values')
  }
  return values
}

/** A number, a prefix, a range, a named set, or a word. */
const readValue = (word: Word): Json => {
  const { text, quoted } = word
  if (quoted) return text
  if (/^\d+$/.test(text) || /^0x[0-9a-f]+$/i.test(text)) return Number(text)
  const [, addr, length] = /^([0-9a-f:.]+)\/(\d+)$/i.exec(text) ?? []
  if (addr !== undefined && /[.:]/.test(addr)) return { prefix: { addr, len: Number(length) } }
  const [, first, last] = /^(\d+|[0-9.]+|[0-9a-f:]+:[0-9a-f:]*)-(\d+|[0-9.]+|[0-9a-f:]+)$/i.exec(text) ?? []
  if (first !== undefined && last !== undefined)
    return {
      range: [readValue({ ...word, text: first }), readValue({ ...word, text: last })],
    }
  if (text === ':' || text === '.' || text === '&' || text === '|' || text === 'map' || text === 'vmap')
    throw notRead(word, 'maps, concatenations and bit operations are not')
  return text
}
