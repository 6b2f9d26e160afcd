import type { Element, Expression, HashExpression, HeaderExpression, JsonValue } from '../../model/index.ts'
import { present } from './json-fields.ts'

/** An element as JSON: the bare key where possible, and a pair where the element has data. */
export const elementJson = ({ key, data, comment, attributes }: Element): JsonValue => {
  const bareKey = expressionJson(key)
  const full: JsonValue =
    comment === null && attributes === null
      ? bareKey
      : { elem: { val: bareKey, ...(comment === null ? {} : { comment }), ...(attributes ?? {}) } }
  return data === null ? full : [full, expressionJson(data)]
}

/** An expression in the form of libnftables-json(5). */
export const expressionJson = (expression: Expression): JsonValue => {
  switch (expression.kind) {
    case 'text':
      return expression.text
    case 'number':
      return expression.value
    case 'prefix':
      return { prefix: { addr: expressionJson(expression.address), len: expression.length } }
    case 'range':
      return { range: [expressionJson(expression.first), expressionJson(expression.last)] }
    case 'concat':
      return { concat: expression.parts.map(expressionJson) }
    case 'list':
      return expression.items.map(expressionJson)
    case 'set':
      return { set: expression.elements.map(elementJson) }
    case 'reference':
      return `@${expression.name}`
    case 'payload':
      return { payload: { protocol: expression.protocol, field: expression.field } }
    case 'raw-payload':
      return { payload: { base: expression.base, offset: expression.offset, len: expression.length } }
    case 'meta':
      return { meta: { key: expression.key } }
    case 'ct':
      return {
        ct: {
          key: expression.key,
          ...(expression.direction === null ? {} : { dir: expression.direction }),
          ...(expression.family === null ? {} : { family: expression.family }),
        },
      }
    case 'fib':
      return { fib: { result: expression.result, flags: expression.flags } }
    case 'numgen':
      return { numgen: { mode: expression.mode, mod: expression.modulus, offset: expression.offset } }
    case 'boolean':
      return expression.value
    case 'map':
      return { map: { key: expressionJson(expression.key), data: expressionJson(expression.data) } }
    case 'binary':
      return { [expression.operator]: expression.operands.map(expressionJson) }
    case 'opaque':
      return expression.json
    case 'jump':
    case 'goto':
      return { [expression.kind]: { target: expression.target } }
    case 'accept':
    case 'drop':
    case 'continue':
    case 'return':
      return { [expression.kind]: null }
    default:
      return headerJson(expression)
  }
}

/** The expressions that few rules use, as JSON. */
const headerJson = (expression: HeaderExpression | HashExpression): JsonValue => {
  switch (expression.kind) {
    case 'jhash':
    case 'symhash': {
      const { kind, of, modulus, offset, seed } = expression
      return { [kind]: present({ mod: modulus, expr: orAbsent(of), offset, seed }) }
    }
    case 'option':
      return { [expression.header]: expression.json }
    case 'tunnel-payload': {
      const { tunnel, protocol, field } = expression
      return { payload: { tunnel, protocol, field } }
    }
    case 'route':
      return { rt: present({ key: expression.key, family: expression.family }) }
    case 'ipsec': {
      const { key, direction, family, transform } = expression
      return { ipsec: present({ key, dir: direction, family, spnum: transform }) }
    }
    case 'socket':
      return { socket: present({ key: expression.key, level: expression.level }) }
    case 'osf':
      return { osf: present({ key: expression.key, ttl: expression.ttl }) }
    case 'tunnel':
      return { tunnel: { key: expression.key } }
  }
}

/** The JSON of an expression; null when it is absent. */
export const orAbsent = (expression: Expression | null): JsonValue =>
  expression === null ? null : expressionJson(expression)
