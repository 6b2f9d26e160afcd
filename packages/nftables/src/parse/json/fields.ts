import { isArray, isObject, type JsonObject, type JsonValue } from '../../model/index.ts'

/** The one key of `{"key": value}`, which is how libnftables tags things; null of anything else. */
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
 * What `read` makes of the tag and the body of `{"key": value}`; null of anything else. It is what `tagOf` does, without
 * a pair to hand over: a listing has a hundred thousand of them.
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

/** True of an object with so many keys. One that has as many as it must have, and has those, has no others. */
export const hasCount = (json: JsonValue, count: number): json is JsonObject => {
  if (!isObject(json)) return false
  let found = 0
  for (const _ in json) found += 1
  return found === count
}

/** True of an object that has no key but these. A key we do not know may change the meaning of all others. */
export const hasOnly = (json: JsonValue, keys: readonly string[]): json is JsonObject =>
  isObject(json) && !hasMore(json, keys)

/** Is it absent, or a text? Anything else is not for us to guess at. */
export const mayBeText = (json: JsonValue | undefined): json is string | undefined =>
  json === undefined || typeof json === 'string'

/** Is it absent, or a number? */
export const mayBeNumber = (json: JsonValue | undefined): json is number | undefined =>
  json === undefined || typeof json === 'number'

/** Shared by all that have no flags: most. */
const none: readonly never[] = []

/** `"a"` or `["a", "b"]`: nft 1.1.2 began to print lists of one as their only item. */
export const textList = (json: JsonValue | undefined): readonly string[] | null => {
  if (json === undefined) return none
  if (typeof json === 'string') return [json]
  return isArray(json) && json.every((item) => typeof item === 'string') ? json : null
}

/** The entries of an object but those named; null when none is left. */
export const rest = (json: JsonObject, known: readonly string[]): JsonObject | null => {
  if (!hasMore(json, known)) return null
  const entries = Object.entries(json).filter(([key]) => !known.includes(key))
  return Object.fromEntries(entries)
}

/** True of an object with a key that is not one of these. A loop, since a listing has tens of thousands of objects. */
export const hasMore = (json: JsonObject, known: readonly string[]): boolean => {
  for (const key in json) if (!known.includes(key)) return true
  return false
}
