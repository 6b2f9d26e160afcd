import { isObject, type JsonValue, type MatchStatement, type Statement } from '../model/index.ts'
import { readExpression, readVerdict } from './expression.ts'
import { hasCount, hasOnly, mayBeText, readTag, textList } from './fields.ts'
import { readRareStatement } from './rare-statement.ts'

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

/** A statement as libnftables-json(5) has it; what is not known, or known only in part, stays as it is. */
export const readStatement = (json: JsonValue): Statement =>
  readTag(json, readTagged) ?? { kind: 'opaque', json }
