import {
  accept,
  type BinaryExpression,
  drop,
  type Element,
  type Expression,
  element,
  isArray,
  isObject,
  type JsonValue,
  type Verdict,
} from '../../model/index.ts'
import { hasCount, hasOnly, mayBeNumber, mayBeText, readTag, rest, tagOf, textList } from './fields.ts'
import { readHeaderExpression } from './header-expression.ts'

const plainVerdicts = {
  accept,
  drop,
  continue: { kind: 'continue' },
  return: { kind: 'return' },
} as const

/** Reads a verdict; null when the tag is none, or the body has another form. */
export const readVerdict = (tag: string, body: JsonValue): Verdict | null => {
  if (tag === 'accept' || tag === 'drop' || tag === 'continue' || tag === 'return')
    return body === null ? plainVerdicts[tag] : null
  if ((tag === 'jump' || tag === 'goto') && hasCount(body, 1) && typeof body.target === 'string')
    return { kind: tag, target: body.target }
  return null
}

const isOperator = (tag: string): tag is BinaryExpression['operator'] =>
  tag === '&' || tag === '|' || tag === '^' || tag === '<<' || tag === '>>'

const readPayload = (body: JsonValue): Expression | null => {
  if (hasCount(body, 2)) {
    const { protocol, field } = body
    if (typeof protocol === 'string' && typeof field === 'string') return { kind: 'payload', protocol, field }
  }
  if (!hasCount(body, 3)) return null
  if (body.tunnel !== undefined) {
    const { tunnel, protocol, field } = body
    if (typeof tunnel === 'string' && typeof protocol === 'string' && typeof field === 'string')
      return { kind: 'tunnel-payload', tunnel, protocol, field }
  }
  const { base, offset, len } = body
  return typeof base === 'string' && typeof offset === 'number' && typeof len === 'number'
    ? { kind: 'raw-payload', base, offset, length: len }
    : null
}

const ctKeys = ['key', 'dir', 'family']

const readCt = (body: JsonValue): Expression | null => {
  if (!hasOnly(body, ctKeys) || typeof body.key !== 'string') return null
  const { key, dir, family } = body
  return mayBeText(dir) && mayBeText(family)
    ? { kind: 'ct', key, direction: dir ?? null, family: family ?? null }
    : null
}

const readNumgen = (body: JsonValue): Expression | null => {
  if (!hasOnly(body, ['mode', 'mod', 'offset'])) return null
  const { mode, mod, offset = 0 } = body
  if (typeof mode !== 'string' || typeof mod !== 'number' || typeof offset !== 'number') return null
  return { kind: 'numgen', mode, modulus: mod, offset }
}

const readHash = (kind: 'jhash' | 'symhash', body: JsonValue): Expression | null => {
  if (!hasOnly(body, ['mod', 'offset', 'seed', 'expr'])) return null
  const { mod, offset, seed, expr } = body
  if (typeof mod !== 'number' || !mayBeNumber(offset) || !mayBeNumber(seed)) return null
  const of = expr === undefined ? null : readExpression(expr)
  return { kind, of, modulus: mod, offset: offset ?? null, seed: seed ?? null }
}

const readFib = (body: JsonValue): Expression | null => {
  if (!hasOnly(body, ['result', 'flags']) || typeof body.result !== 'string') return null
  const flags = textList(body.flags)
  return flags === null ? null : { kind: 'fib', result: body.result, flags }
}

const readPair = (body: JsonValue): readonly [Expression, Expression] | null => {
  if (!isArray(body)) return null
  const [first, last, more] = body
  if (first === undefined || last === undefined || more !== undefined) return null
  return [readExpression(first), readExpression(last)]
}

const readTagged = (tag: string, body: JsonValue): Expression | null => {
  if (isOperator(tag))
    return isArray(body)
      ? { kind: 'binary', operator: tag, operands: body.map((item) => readExpression(item)) }
      : null
  switch (tag) {
    case 'concat':
      return isArray(body) ? { kind: 'concat', parts: body.map((item) => readExpression(item)) } : null
    case 'prefix':
      if (!hasCount(body, 2) || body.addr === undefined || typeof body.len !== 'number') return null
      return { kind: 'prefix', address: readExpression(body.addr), length: body.len }
    case 'range': {
      const ends = readPair(body)
      return ends === null ? null : { kind: 'range', first: ends[0], last: ends[1] }
    }
    case 'payload':
      return readPayload(body)
    case 'meta':
      return hasCount(body, 1) && typeof body.key === 'string' ? { kind: 'meta', key: body.key } : null
    case 'ct':
      return readCt(body)
    case 'fib':
      return readFib(body)
    case 'numgen':
      return readNumgen(body)
    case 'jhash':
    case 'symhash':
      return readHash(tag, body)
    case 'set':
      return isArray(body) ? { kind: 'set', elements: body.map(readElement) } : null
    case 'map':
      if (!hasCount(body, 2) || body.key === undefined || body.data === undefined) return null
      return { kind: 'map', key: readExpression(body.key), data: readExpression(body.data) }
    default:
      return readVerdict(tag, body) ?? readHeaderExpression(tag, body)
  }
}

/** Reads an expression in the form of libnftables-json(5). An unknown form is kept verbatim. */
export const readExpression = (json: JsonValue): Expression => {
  if (typeof json === 'string')
    return json[0] === '@' ? { kind: 'reference', name: json.slice(1) } : { kind: 'text', text: json }
  if (typeof json === 'number') return { kind: 'number', value: json }
  if (typeof json === 'boolean') return { kind: 'boolean', value: json }
  if (isArray(json)) return { kind: 'list', items: json.map((item) => readExpression(item)) }
  return readTag(json, readTagged) ?? { kind: 'opaque', json }
}

const withData = (json: JsonValue, data: Expression | null): Element => {
  const [tag, body] = tagOf(json) ?? []
  if (tag !== 'elem' || !isObject(body) || body.val === undefined || !mayBeText(body.comment))
    return element(readExpression(json), data)
  return {
    key: readExpression(body.val),
    data,
    comment: body.comment ?? null,
    attributes: rest(body, ['val', 'comment']),
  }
}

/** Reads an element: a pair of key and data for a map, else the key alone. */
export const readElement = (json: JsonValue): Element => {
  if (isArray(json) && json.length === 2) {
    const [key = null, data = null] = json
    return withData(key, readExpression(data))
  }
  return withData(json, null)
}

/** The names of IANA protocol numbers. Without /etc/protocols, as in a minimal image, nft prints the numbers. */
const protocols: ReadonlyMap<number, string> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [132, 'sctp'],
])

const nameProtocol = (expression: Expression): Expression => {
  const name = expression.kind === 'number' ? protocols.get(expression.value) : undefined
  return name === undefined ? expression : { kind: 'text', text: name }
}

/** Reads an element whose key has these types. A protocol number becomes its name. */
export const readTypedElement = (json: JsonValue, types: readonly string[]): Element => {
  const found = readElement(json)
  const { key } = found
  if (key.kind === 'number' && types[0] === 'inet_proto') return { ...found, key: nameProtocol(key) }
  if (key.kind !== 'concat') return found
  const at = types.indexOf('inet_proto')
  if (key.parts[at]?.kind !== 'number') return found
  return {
    ...found,
    key: {
      kind: 'concat',
      parts: key.parts.map((part, index) => (index === at ? nameProtocol(part) : part)),
    },
  }
}
