import { type Element, type Expression, element, isArray, isObject, type JsonValue } from '../model/index.ts'
import { readExpression } from './expression.ts'
import { mayBeText, rest, tagOf } from './fields.ts'

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

/** An element of a set; of a map when it is a pair. */
export const readElement = (json: JsonValue): Element => {
  if (isArray(json) && json.length === 2) {
    const [key = null, data = null] = json
    return withData(key, readExpression(data))
  }
  return withData(json, null)
}

/** Without /etc/protocols (a minimal image has none) nft prints numbers. IANA protocol numbers. */
const protocols: ReadonlyMap<number, string> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [132, 'sctp'],
])

const nameProtocol = (expression: Expression): Expression => {
  const name = expression.kind === 'number' ? protocols.get(expression.value) : undefined
  return name === undefined ? expression : { kind: 'text', text: name }
}

/** An element whose key has these types, with protocols by name. */
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
