import { isArray, isObject, type JsonObject, type JsonValue } from '../../model/index.ts'

/** The key and the value of `{"key": value}`, the form in which libnftables tags objects; null for any other JSON. */
export const tagOf = (json: JsonValue): readonly [string, JsonValue] | null => {
  if (!isObject(json)) return null
  let found: string | null = null
  for (const key in json) {
    if (found !== null) return null
    found = key
  }
  const body = found === null ? undefined : json[found]
  return found === null || body === undefined ? null : [found, body]
}

/**
 * Calls `read` with the key and the value of `{"key": value}`; null for any other JSON. The same as `tagOf`, without
 * making a pair: a listing has a hundred thousand of them.
 */
export const readTag = <T>(json: JsonValue, read: (tag: string, body: JsonValue) => T | null): T | null => {
  if (!isObject(json)) return null
  let tag: string | null = null
  let body: JsonValue | undefined
  for (const key in json) {
    if (tag !== null) return null
    tag = key
    body = json[key]
  }
  return tag === null || body === undefined ? null : read(tag, body)
}

/**
 * Is this an object with exactly this number of keys? If all required keys are present as well, the object has no
 * others.
 */
export const hasCount = (json: JsonValue, count: number): json is JsonObject => {
  if (!isObject(json)) return false
  let found = 0
  for (const _ in json) found += 1
  return found === count
}

/** Is this an object with no keys but these? An unknown key may change the meaning of all others. */
export const hasOnly = (json: JsonValue, keys: readonly string[]): json is JsonObject =>
  isObject(json) && !hasMore(json, keys)

/** Is the value absent, or a text? A value of another type is not guessed at. */
export const mayBeText = (json: JsonValue | undefined): json is string | undefined =>
  json === undefined || typeof json === 'string'

/** Is the value absent, or a number? */
export const mayBeNumber = (json: JsonValue | undefined): json is number | undefined =>
  json === undefined || typeof json === 'number'

/** One empty list, shared by the many objects without flags. */
const none: readonly never[] = []

/** Reads `"a"` or `["a", "b"]`. Since 1.1.2 nft prints a list of one item as the item alone. */
export const textList = (json: JsonValue | undefined): readonly string[] | null => {
  if (json === undefined) return none
  if (typeof json === 'string') return [json]
  return isArray(json) && json.every((item) => typeof item === 'string') ? json : null
}

/** The entries of an object without the named ones; null when none is left. */
export const rest = (json: JsonObject, known: readonly string[]): JsonObject | null => {
  if (!hasMore(json, known)) return null
  const entries = Object.entries(json).filter(([key]) => !known.includes(key))
  return Object.fromEntries(entries)
}

/**
 * Has an object a key that is not one of these? A loop makes no list of keys; a listing has tens of thousands of
 * objects.
 */
export const hasMore = (json: JsonObject, known: readonly string[]): boolean => {
  for (const key in json) if (!known.includes(key)) return true
  return false
}
