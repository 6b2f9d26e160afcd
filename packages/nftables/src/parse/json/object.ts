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

/** What every object may have. */
interface Named {
  readonly handle: number | null
  readonly comment: string | null
}

/** Null when they are there, and not what nft prints. */
const readNamed = ({ handle, comment }: JsonObject): Named | null =>
  mayBeNumber(handle) && mayBeText(comment) ? { handle: handle ?? null, comment: comment ?? null } : null

const tableKeys = ['family', 'name', 'handle', 'comment', 'flags']

/**
 * A table without what it holds; null when it has no family or name we know. One that says more than we know is
 * read, and kept beside as it was.
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

/** `undefined` when it says it is a base chain, and not how. */
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

/** Whether a chain says more than we know. */
export const saysMore = (json: JsonObject): boolean => hasMore(json, chainKeys)

const chainKeys = ['family', 'table', 'name', 'handle', 'comment', 'type', 'hook', 'prio', 'policy', 'dev']

/** A chain without its rules. */
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
  // Not spread from what `readNamed` gives, since of rules there are the most.
  return {
    handle: handle ?? null,
    comment: comment ?? null,
    statements: expr.map((item) => readStatement(item)),
  }
}
