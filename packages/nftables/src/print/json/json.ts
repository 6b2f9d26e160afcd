import type {
  Chain,
  JsonObject,
  JsonValue,
  NamedSet,
  Rule,
  Ruleset,
  SetType,
  Table,
} from '../../model/index.ts'
import { elementJson } from './json-expression.ts'
import { statementJson } from './json-statement.ts'

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

/** Do the objects carry the handles that the kernel gave them? */
type Handles = 'with-handles' | 'without-handles'

/**
 * A table as the objects that `nft -j list table` prints. The order loads: an object comes before the objects that name
 * it. A listing has handles. A command has none: in `{"add": {"rule": ...}}` a handle names the position of another
 * rule.
 */
export const tableObjects = (table: Table, handles: Handles = 'without-handles'): readonly JsonObject[] => [
  { table: { ...tableJson(table), ...handleJson(table, handles) } },
  ...table.opaque,
  ...table.chains.map((chain) => ({
    chain: { ...chainJson(table, chain), ...handleJson(chain, handles) },
  })),
  ...table.sets.map((set) => ({
    [set.kind]: {
      ...setJson(table, set),
      ...handleJson(set, handles),
      ...(set.elements.length === 0 ? {} : { elem: set.elements.map(elementJson) }),
    },
  })),
  ...table.chains.flatMap((chain) =>
    chain.rules.map((rule) => ({ rule: { ...ruleJson(table, chain, rule), ...handleJson(rule, handles) } })),
  ),
]

const handleJson = ({ handle }: { readonly handle: number | null }, handles: Handles): JsonObject =>
  handles === 'without-handles' || handle === null ? {} : { handle }

/** Every object of a ruleset, without libnftables' `metainfo`. */
export const rulesetObjects = (ruleset: Ruleset): readonly JsonObject[] => [
  ...ruleset.tables.flatMap((table) => tableObjects(table, 'with-handles')),
  ...ruleset.opaque,
]
