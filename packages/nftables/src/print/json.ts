import type {
  Chain,
  Element,
  Expression,
  JsonObject,
  JsonValue,
  NamedSet,
  Rule,
  Ruleset,
  SetType,
  Statement,
  Table,
} from '../model/index.ts'

/** An element: a bare key when there is nothing more to say; a pair when it has data. */
export const elementJson = ({ key, data, comment, attributes }: Element): JsonValue => {
  const bareKey = expressionJson(key)
  const full: JsonValue =
    comment === null && attributes === null
      ? bareKey
      : { elem: { val: bareKey, ...(comment === null ? {} : { comment }), ...(attributes ?? {}) } }
  return data === null ? full : [full, expressionJson(data)]
}

/** An expression in the terms of libnftables-json(5). */
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
    case 'map':
      return { map: { key: expressionJson(expression.key), data: expressionJson(expression.data) } }
    case 'binary':
      return { [expression.operator]: expression.operands.map(expressionJson) }
    case 'opaque':
      return expression.json
    case 'jump':
    case 'goto':
      return { [expression.kind]: { target: expression.target } }
    default:
      return { [expression.kind]: null }
  }
}

const present = (entries: Readonly<Record<string, JsonValue | undefined>>): JsonObject => {
  const object: Record<string, JsonValue> = {}
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) object[key] = value
  return object
}

const orAbsent = (expression: Expression | null): JsonValue | undefined =>
  expression === null ? undefined : expressionJson(expression)

/** A statement in the terms of libnftables-json(5). */
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
      const { kind, family, flags } = statement
      const json = present({
        family: family ?? undefined,
        addr: orAbsent(statement.address),
        port: orAbsent(statement.port),
        flags: flags.length > 0 ? flags : undefined,
      })
      return { [kind]: Object.keys(json).length > 0 ? json : null }
    }
    case 'counter':
      return { counter: statement.name ?? { packets: statement.packets, bytes: statement.bytes } }
    case 'reject': {
      const json = present({ type: statement.type ?? undefined, expr: orAbsent(statement.code) })
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
    default:
      return expressionJson(statement)
  }
}

const typeJson = (type: SetType): JsonValue => {
  if (type.kind === 'opaque') return type.json
  return type.names.length === 1 ? (type.names[0] ?? '') : type.names
}

const commentJson = (comment: string | null): JsonObject => (comment === null ? {} : { comment })

/** A set without its elements. */
export const setJson = (table: Table, set: NamedSet): JsonObject => ({
  family: table.family,
  name: set.name,
  table: table.name,
  type: typeJson(set.keyType),
  ...commentJson(set.comment),
  ...(set.dataType === null ? {} : { map: typeJson(set.dataType) }),
  ...(set.flags.length === 0 ? {} : { flags: set.flags }),
  ...(set.attributes ?? {}),
})

/** A chain without its rules. */
export const chainJson = (table: Table, { name, base, comment }: Chain): JsonObject => ({
  family: table.family,
  table: table.name,
  name,
  ...commentJson(comment),
  ...(base === null
    ? {}
    : {
        type: base.type,
        hook: base.hook,
        prio: base.priority,
        ...(base.devices.length === 0
          ? {}
          : { dev: base.devices.length === 1 ? (base.devices[0] ?? '') : base.devices }),
        ...(base.policy === null ? {} : { policy: base.policy }),
      }),
})

export const ruleJson = (table: Table, chain: Chain, rule: Rule): JsonObject => ({
  family: table.family,
  table: table.name,
  chain: chain.name,
  ...commentJson(rule.comment),
  expr: rule.statements.map(statementJson),
})

export const tableJson = ({ family, name, comment, flags }: Table): JsonObject => ({
  family,
  name,
  ...(flags.length === 0 ? {} : { flags }),
  ...commentJson(comment),
})

/** A table as the objects `nft -j list table` prints, in an order that loads: what is named comes first. */
export const tableObjects = (table: Table): readonly JsonObject[] => [
  { table: tableJson(table) },
  ...table.opaque,
  ...table.chains.map((chain) => ({ chain: chainJson(table, chain) })),
  ...table.sets.map((set) => ({
    [set.kind]: {
      ...setJson(table, set),
      ...(set.elements.length === 0 ? {} : { elem: set.elements.map(elementJson) }),
    },
  })),
  ...table.chains.flatMap((chain) => chain.rules.map((rule) => ({ rule: ruleJson(table, chain, rule) }))),
]

/** Every object of a ruleset, without what libnftables says of itself. */
export const rulesetObjects = (ruleset: Ruleset): readonly JsonObject[] => [
  ...ruleset.tables.flatMap(tableObjects),
  ...ruleset.opaque,
]
