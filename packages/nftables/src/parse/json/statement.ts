import {
  type Expression,
  isArray,
  isObject,
  type JsonValue,
  type MatchStatement,
  type ObjectType,
  type Statement,
} from '../../model/index.ts'
import { readElement, readExpression, readVerdict } from './expression.ts'
import { hasCount, hasOnly, mayBeText, readTag, tagOf, textList } from './fields.ts'

const operators: readonly string[] = ['==', '!=', '<', '>', '<=', '>=', 'in', '!']

const isOperator = (json: JsonValue | undefined): json is MatchStatement['operator'] =>
  typeof json === 'string' && operators.includes(json)

const readMatch = (body: JsonValue): Statement | null => {
  if (!hasCount(body, 3) || !isOperator(body.op)) return null
  if (body.left === undefined || body.right === undefined) return null
  return {
    kind: 'match',
    operator: body.op,
    left: readExpression(body.left),
    right: readExpression(body.right),
  }
}

const natKeys = ['family', 'addr', 'port', 'flags', 'type_flags']

const readNat = (kind: 'snat' | 'dnat' | 'masquerade' | 'redirect', body: JsonValue): Statement | null => {
  if (body === null) return { kind, family: null, address: null, port: null, flags: [], typeFlags: [] }
  if (!hasOnly(body, natKeys) || !mayBeText(body.family)) return null
  const flags = textList(body.flags)
  const typeFlags = textList(body.type_flags)
  if (flags === null || typeFlags === null) return null
  return {
    kind,
    family: body.family ?? null,
    address: body.addr === undefined ? null : readExpression(body.addr),
    port: body.port === undefined ? null : readExpression(body.port),
    flags,
    typeFlags,
  }
}

const readCounter = (body: JsonValue): Statement | null => {
  if (typeof body === 'string') return { kind: 'counter', name: body, packets: 0, bytes: 0 }
  if (body === null) return { kind: 'counter', name: null, packets: 0, bytes: 0 }
  if (!hasCount(body, 2)) return null
  const { packets, bytes } = body
  if (typeof packets !== 'number' || typeof bytes !== 'number') return null
  return { kind: 'counter', name: null, packets, bytes }
}

const readReject = (body: JsonValue): Statement | null => {
  if (body === null) return { kind: 'reject', type: null, code: null }
  if (!hasOnly(body, ['type', 'expr']) || typeof body.type !== 'string') return null
  return { kind: 'reject', type: body.type, code: body.expr === undefined ? null : readExpression(body.expr) }
}

const readTagged = (tag: string, body: JsonValue): Statement | null => {
  switch (tag) {
    case 'match':
      return readMatch(body)
    case 'vmap':
      if (!hasCount(body, 2) || body.key === undefined || body.data === undefined) return null
      return { kind: 'vmap', key: readExpression(body.key), data: readExpression(body.data) }
    case 'snat':
    case 'dnat':
    case 'masquerade':
    case 'redirect':
      return readNat(tag, body)
    case 'counter':
      return readCounter(body) ?? readRareStatement(tag, body)
    case 'reject':
      return readReject(body)
    case 'mangle':
      if (!hasCount(body, 2) || body.key === undefined || body.value === undefined) return null
      return { kind: 'set-value', key: readExpression(body.key), value: readExpression(body.value) }
    case 'limit':
      return isObject(body) && typeof body.rate === 'number'
        ? { kind: 'limit', json: body }
        : readRareStatement(tag, body)
    case 'log':
      return body === null || isObject(body) ? { kind: 'log', json: body } : null
    case 'notrack':
      return body === null ? { kind: 'notrack' } : null
    case 'xt':
      if (!hasCount(body, 2)) return null
      if (typeof body.type !== 'string' || typeof body.name !== 'string') return null
      return { kind: 'xt', type: body.type, name: body.name }
    default:
      return readVerdict(tag, body) ?? readRareStatement(tag, body)
  }
}

/**
 * Reads a statement in the form of libnftables-json(5). A statement that is unknown, or known only in part, is kept
 * verbatim.
 */
export const readStatement = (json: JsonValue): Statement =>
  readTag(json, readTagged) ?? { kind: 'opaque', json }

const objectTypes: readonly string[] = [
  'counter',
  'quota',
  'limit',
  'ct helper',
  'ct timeout',
  'ct expectation',
  'secmark',
  'synproxy',
  'tunnel',
]

const isObjectType = (tag: string): tag is ObjectType => objectTypes.includes(tag)

/** Reads a reference to a stateful object: `"name"`, or a map that gives the name. */
const readObject = (type: ObjectType, body: JsonValue): Statement | null =>
  typeof body === 'string' || tagOf(body)?.[0] === 'map'
    ? { kind: 'object', type, object: readExpression(body) }
    : null

const orNull = (json: JsonValue | undefined): Expression | null =>
  json === undefined ? null : readExpression(json)

const readCount = (body: JsonValue): Statement | null => {
  if (!hasOnly(body, ['val', 'inv']) || typeof body.val !== 'number') return null
  const { val, inv = false } = body
  return typeof inv === 'boolean' ? { kind: 'ct-count', count: val, over: inv } : null
}

const readUpdate = (of: 'set' | 'map', body: JsonValue): Statement | null => {
  if (!hasOnly(body, of === 'set' ? ['op', 'elem', 'set', 'stmt'] : ['op', 'elem', 'data', 'map', 'stmt']))
    return null
  const { op, elem, data, stmt = [] } = body
  const name = of === 'set' ? body.set : body.map
  if (typeof op !== 'string' || typeof name !== 'string' || elem === undefined || !isArray(stmt)) return null
  if (!name.startsWith('@') || (of === 'map') !== (data !== undefined)) return null
  return {
    kind: 'update',
    of,
    operation: op,
    name: name.slice(1),
    element: readElement(elem),
    data: orNull(data),
    statements: stmt.map((item) => readStatement(item)),
  }
}

const readQueue = (body: JsonValue): Statement | null => {
  if (body === null) return { kind: 'queue', number: null, flags: [] }
  if (!hasOnly(body, ['num', 'flags'])) return null
  const flags = textList(body.flags)
  return flags === null ? null : { kind: 'queue', number: orNull(body.num), flags }
}

const readTproxy = (body: JsonValue): Statement | null => {
  if (!hasOnly(body, ['family', 'addr', 'port']) || !mayBeText(body.family)) return null
  const { family = null, addr, port } = body
  return { kind: 'tproxy', family, address: orNull(addr), port: orNull(port) }
}

const readForward = (body: JsonValue): Statement | null => {
  if (!hasOnly(body, ['dev', 'family', 'addr']) || !mayBeText(body.family) || body.dev === undefined)
    return null
  const { dev, family = null, addr } = body
  return { kind: 'fwd', device: readExpression(dev), family, address: orNull(addr) }
}

/** Reads a statement that few rulesets have; null when the tag is none of these, or the body has an unknown form. */
export const readRareStatement = (tag: string, body: JsonValue): Statement | null => {
  const object = isObjectType(tag) ? readObject(tag, body) : null
  if (object !== null) return object
  switch (tag) {
    case 'quota':
      return isObject(body) && typeof body.val === 'number' ? { kind: 'quota', json: body } : null
    case 'last':
      return body === null || isObject(body) ? { kind: 'last', json: body } : null
    case 'ct count':
      return readCount(body)
    case 'flow':
      if (!hasOnly(body, ['op', 'flowtable'])) return null
      if (typeof body.op !== 'string' || typeof body.flowtable !== 'string') return null
      return { kind: 'flow', operation: body.op, flowtable: body.flowtable }
    case 'set':
    case 'map':
      return readUpdate(tag, body)
    case 'queue':
      return readQueue(body)
    case 'tproxy':
      return readTproxy(body)
    case 'synproxy':
      if (body !== null && !hasOnly(body, ['mss', 'wscale', 'flags'])) return null
      return { kind: 'synproxy', json: body }
    case 'dup':
      if (!hasOnly(body, ['addr', 'dev'])) return null
      return { kind: 'dup', address: orNull(body.addr), device: orNull(body.dev) }
    case 'fwd':
      return readForward(body)
    case 'reset':
      return { kind: 'reset', option: readExpression(body) }
    default:
      return null
  }
}
