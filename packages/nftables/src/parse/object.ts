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
} from '../model/index.ts'
import { readTypedElement } from './element.ts'
import { numberOrNull, rest, textList, textOrNull } from './fields.ts'
import { readStatement } from './statement.ts'

const tableFamilies: readonly string[] = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']

export const isTableFamily = (json: JsonValue | undefined): json is TableFamily =>
  typeof json === 'string' && tableFamilies.includes(json)

/** A table without what it holds; null when it has no family or name we know. */
export const readTable = (json: JsonObject): Table | null => {
  if (!isTableFamily(json.family) || typeof json.name !== 'string') return null
  return {
    family: json.family,
    name: json.name,
    handle: numberOrNull(json.handle),
    comment: textOrNull(json.comment),
    flags: textList(json.flags) ?? [],
    sets: [],
    chains: [],
    opaque: [],
  }
}

const readType = (json: JsonValue): SetType => {
  const names = textList(json)
  return names === null ? { kind: 'opaque', json } : { kind: 'names', names }
}

const setKeys = ['family', 'table', 'name', 'handle', 'comment', 'type', 'map', 'flags', 'elem']

export const readSet = (kind: 'set' | 'map', json: JsonObject): NamedSet | null => {
  if (typeof json.name !== 'string' || json.type === undefined) return null
  const flags = textList(json.flags)
  const elements = json.elem ?? []
  if (flags === null || !isArray(elements)) return null
  const keyType = readType(json.type)
  const types = keyType.kind === 'names' ? keyType.names : []
  return {
    kind,
    name: json.name,
    handle: numberOrNull(json.handle),
    comment: textOrNull(json.comment),
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
  return { type, hook, priority: prio, policy: textOrNull(json.policy), devices }
}

const chainKeys = ['family', 'table', 'name', 'handle', 'comment', 'type', 'hook', 'prio', 'policy', 'dev']

/** A chain without its rules. */
export const readChain = (json: JsonObject): Chain | null => {
  const base = readBase(json)
  if (typeof json.name !== 'string' || base === undefined || rest(json, chainKeys) !== null) return null
  return {
    name: json.name,
    handle: numberOrNull(json.handle),
    comment: textOrNull(json.comment),
    base,
    rules: [],
  }
}

const ruleKeys = ['family', 'table', 'chain', 'handle', 'index', 'comment', 'expr']

export const readRule = (json: JsonObject): Rule | null => {
  if (!isArray(json.expr) || rest(json, ruleKeys) !== null) return null
  return {
    handle: numberOrNull(json.handle),
    comment: textOrNull(json.comment),
    statements: json.expr.map(readStatement),
  }
}
