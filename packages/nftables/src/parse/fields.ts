import { isArray, isObject, type JsonObject, type JsonValue } from '../model/index.ts'

/** The one key of `{"key": value}`, which is how libnftables tags things; null of anything else. */
export const tagOf = (json: JsonValue): readonly [string, JsonValue] | null => {
  if (!isObject(json)) return null
  const [entry, more] = Object.entries(json)
  return entry === undefined || more !== undefined ? null : entry
}

/** True of an object that has no key but these. A key we do not know may change the meaning of all others. */
export const hasOnly = (json: JsonValue, keys: readonly string[]): json is JsonObject =>
  isObject(json) && Object.keys(json).every((key) => keys.includes(key))

export const textOrNull = (json: JsonValue | undefined): string | null =>
  typeof json === 'string' ? json : null

export const numberOrNull = (json: JsonValue | undefined): number | null =>
  typeof json === 'number' ? json : null

/** `"a"` or `["a", "b"]`: nft 1.1.2 began to print lists of one as their only item. */
export const textList = (json: JsonValue | undefined): readonly string[] | null => {
  if (json === undefined) return []
  if (typeof json === 'string') return [json]
  return isArray(json) && json.every((item) => typeof item === 'string') ? json : null
}

/** The entries of an object but those named; null when none is left. */
export const rest = (json: JsonObject, known: readonly string[]): JsonObject | null => {
  const entries = Object.entries(json).filter(([key]) => !known.includes(key))
  return entries.length === 0 ? null : Object.fromEntries(entries)
}
