import {
  type BaseChain,
  type Chain,
  isArray,
  type JsonObject,
  type JsonValue,
  type NamedSet,
  type Rule,
  type SetType,
  type Table,
  type TableFamily,
} from '../../model/index.ts'
import { readTypedElement } from './expression.ts'
import { hasMore, mayBeNumber, mayBeText, rest, textList } from './fields.ts'
import { readStatement } from './statement.ts'

const tableFamilies: readonly string[] = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']

export const isTableFamily = (json: JsonValue | undefined): json is TableFamily =>
  typeof json === 'string' && tableFamilies.includes(json)

/** The fields that every object may have. */
interface Named {
  readonly handle: number | null
  readonly comment: string | null
}

/** Reads these fields; null when one is present in another form than nft prints. */
const readNamed = ({ handle, comment }: JsonObject): Named | null =>
  mayBeNumber(handle) && mayBeText(comment) ? { handle: handle ?? null, comment: comment ?? null } : null

const tableKeys = ['family', 'name', 'handle', 'comment', 'flags']

/**
 * Reads a table without its content; null when the family or name is unknown. A table with unknown keys is read, and
 * its JSON is kept beside it.
 */
export const readTable = (json: JsonObject): Table | null => {
  const { family, name } = json
  if (!isTableFamily(family) || typeof name !== 'string') return null
  const named = readNamed(json)
  const flags = textList(json.flags)
  const isWhole = named !== null && flags !== null && !hasMore(json, tableKeys)
  return {
    family,
    name,
    ...(named ?? { handle: null, comment: null }),
    flags: flags ?? [],
    sets: [],
    chains: [],
    opaque: isWhole ? [] : [{ table: json }],
  }
}

const readType = (json: JsonValue): SetType => {
  const names = textList(json)
  return names === null ? { kind: 'opaque', json } : { kind: 'names', names }
}

const setKeys = ['family', 'table', 'name', 'handle', 'comment', 'type', 'map', 'flags', 'elem']

export const readSet = (kind: 'set' | 'map', json: JsonObject): NamedSet | null => {
  const named = readNamed(json)
  if (typeof json.name !== 'string' || json.type === undefined || named === null) return null
  const flags = textList(json.flags)
  const elements = json.elem ?? []
  if (flags === null || !isArray(elements)) return null
  const keyType = readType(json.type)
  const types = keyType.kind === 'names' ? keyType.names : []
  return {
    kind,
    name: json.name,
    ...named,
    keyType,
    dataType: json.map === undefined ? null : readType(json.map),
    flags,
    elements: elements.map((item) => readTypedElement(item, types)),
    attributes: rest(json, setKeys),
  }
}

/** Reads the hook of a chain. Null: not a base chain. Undefined: a base chain whose hook is not understood. */
const readBase = (json: JsonObject): BaseChain | null | undefined => {
  if (json.hook === undefined) return null
  const devices = textList(json.dev)
  const { type, hook, prio } = json
  if (typeof type !== 'string' || typeof hook !== 'string' || typeof prio !== 'number' || devices === null)
    return undefined
  return mayBeText(json.policy)
    ? { type, hook, priority: prio, policy: json.policy ?? null, devices }
    : undefined
}

/** Has a chain keys that we do not know? */
export const hasUnknownKeys = (json: JsonObject): boolean => hasMore(json, chainKeys)

const chainKeys = ['family', 'table', 'name', 'handle', 'comment', 'type', 'hook', 'prio', 'policy', 'dev']

/** Reads a chain without its rules; null when the chain is not understood. */
export const readChain = (json: JsonObject): Chain | null => {
  const base = readBase(json)
  const named = readNamed(json)
  if (typeof json.name !== 'string' || base === undefined || named === null) return null
  return {
    name: json.name,
    ...named,
    base,
    rules: [],
  }
}

const ruleKeys = ['family', 'table', 'chain', 'handle', 'index', 'comment', 'expr']

export const readRule = (json: JsonObject): Rule | null => {
  const { handle, comment, expr } = json
  if (!isArray(expr) || !mayBeNumber(handle) || !mayBeText(comment) || hasMore(json, ruleKeys)) return null
  // The fields of `readNamed` are written out instead of spread, because a listing has more rules than other objects.
  return {
    handle: handle ?? null,
    comment: comment ?? null,
    statements: expr.map((item) => readStatement(item)),
  }
}
