import type { JsonValue, RareStatement, Statement } from '../../model/index.ts'
import { elementJson, expressionJson, orAbsent } from './json-expression.ts'
import { flagsOrAbsent, present } from './json-fields.ts'

/** A statement in the form of libnftables-json(5). */
export const statementJson = (statement: Statement): JsonValue => {
  switch (statement.kind) {
    case 'match': {
      const { operator, left, right } = statement
      return { match: { op: operator, left: expressionJson(left), right: expressionJson(right) } }
    }
    case 'vmap':
      return { vmap: { key: expressionJson(statement.key), data: expressionJson(statement.data) } }
    case 'snat':
    case 'dnat':
    case 'masquerade':
    case 'redirect': {
      const { kind, family, flags, typeFlags } = statement
      const json = present({
        family,
        addr: orAbsent(statement.address),
        port: orAbsent(statement.port),
        flags: flagsOrAbsent(flags),
        type_flags: flagsOrAbsent(typeFlags),
      })
      return { [kind]: Object.keys(json).length > 0 ? json : null }
    }
    case 'counter':
      return { counter: statement.name ?? { packets: statement.packets, bytes: statement.bytes } }
    case 'reject': {
      const json = present({ type: statement.type, expr: orAbsent(statement.code) })
      return { reject: statement.type === null ? null : json }
    }
    case 'set-value':
      return { mangle: { key: expressionJson(statement.key), value: expressionJson(statement.value) } }
    case 'limit':
    case 'log':
      return { [statement.kind]: statement.json }
    case 'notrack':
      return { notrack: null }
    case 'xt':
      return { xt: { type: statement.type, name: statement.name } }
    case 'opaque':
      return statement.json
    case 'accept':
    case 'drop':
    case 'continue':
    case 'return':
    case 'jump':
    case 'goto':
      return expressionJson(statement)
    default:
      return rareStatementJson(statement)
  }
}

const rareStatementJson = (statement: RareStatement): JsonValue => {
  switch (statement.kind) {
    case 'object':
      return { [statement.type]: expressionJson(statement.object) }
    case 'quota':
    case 'last':
    case 'synproxy':
      return { [statement.kind]: statement.json }
    case 'ct-count':
      return { 'ct count': { val: statement.count, ...(statement.over ? { inv: true } : {}) } }
    case 'flow':
      return { flow: { op: statement.operation, flowtable: statement.flowtable } }
    case 'update': {
      const { of, operation, name, element, data, statements } = statement
      const json = { op: operation, elem: elementJson(element), data: orAbsent(data), [of]: `@${name}` }
      const carried = statements.map(statementJson)
      return { [of]: present({ ...json, stmt: carried.length > 0 ? carried : null }) }
    }
    case 'queue': {
      const json = present({ num: orAbsent(statement.number), flags: flagsOrAbsent(statement.flags) })
      return { queue: Object.keys(json).length > 0 ? json : null }
    }
    case 'tproxy': {
      const { family, address, port } = statement
      return { tproxy: present({ family, addr: orAbsent(address), port: orAbsent(port) }) }
    }
    case 'dup':
      return { dup: present({ addr: orAbsent(statement.address), dev: orAbsent(statement.device) }) }
    case 'fwd': {
      const { device, family, address } = statement
      return { fwd: present({ dev: expressionJson(device), family, addr: orAbsent(address) }) }
    }
    case 'reset':
      return { reset: expressionJson(statement.option) }
  }
}
