import { endOfJsonString } from './json-nesting.ts'

/** Where something is in a value: keys of objects, and numbers of items of lists. */
export type JsonPath = readonly (string | number)[]

const space = /[ \t\r\n]*/y
const plain = /[^,\]} \t\r\n]+/y

/**
 * The offset of a part of a JSON text that `JSON.parse` has read: of the value there, or of its key. Where the path leads
 * to nothing, of the innermost value that is there.
 * @param end - the offset of what the last key of the path names: its value, or the key itself
 */
export const offsetInJson = (json: string, path: JsonPath, end: 'value' | 'key' = 'value'): number => {
  let start = after(space, json, json.startsWith('\uFEFF') ? 1 : 0)
  for (const [depth, step] of path.entries()) {
    const found = entryOf(json, start, step)
    if (found === null) return start
    start = end === 'key' && depth === path.length - 1 ? found.key : found.value
  }
  return start
}

interface Entry {
  readonly key: number
  readonly value: number
}

const after = (pattern: RegExp, json: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(json) ? pattern.lastIndex : at
}

/** The entry of a list or an object that starts there. Of keys that are the same, JSON.parse takes the last. */
const entryOf = (json: string, start: number, step: string | number): Entry | null => {
  let last: Entry | null = null
  for (const { key, value, name } of entriesOf(json, start)) {
    if (name !== step) continue
    last = { key, value }
    if (typeof step === 'number') break
  }
  return last
}

function* entriesOf(json: string, start: number): Generator<Entry & { readonly name: string | number }> {
  const isList = json[start] === '['
  if (!isList && json[start] !== '{') return
  let at = after(space, json, start + 1)
  for (let count = 0; at < json.length && json[at] !== ']' && json[at] !== '}'; count += 1) {
    const key = at
    if (!isList) at = after(space, json, after(space, json, endOfJsonString(json, key)) + 1)
    yield { key, value: at, name: isList ? count : nameAt(json, key) }
    at = after(space, json, endOfValue(json, at))
    if (json[at] === ',') at = after(space, json, at + 1)
  }
}

const nameAt = (json: string, at: number): string =>
  String(JSON.parse(json.slice(at, endOfJsonString(json, at))))

const endOfValue = (json: string, start: number): number => {
  if (json[start] === '"') return endOfJsonString(json, start)
  if (json[start] !== '[' && json[start] !== '{') return after(plain, json, start)
  let depth = 0
  for (let at = start; at < json.length; at += 1) {
    const character = json[at]
    if (character === '"') at = endOfJsonString(json, at) - 1
    else if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return json.length
}

/** A key that an object has twice, and its offset; null: each is there once. */
export const duplicateKey = (json: string): { readonly key: string; readonly offset: number } | null => {
  const open: (Set<string> | null)[] = []
  let isKey = false
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at]
    if (character === '{') open.push(new Set())
    else if (character === '[') open.push(null)
    else if (character === ']' || character === '}') open.pop()
    else if (character === '"') {
      const end = endOfJsonString(json, at)
      const names = isKey ? open.at(-1) : null
      if (names != null) {
        const key = nameAt(json, at)
        if (names.has(key)) return { key, offset: at }
        names.add(key)
      }
      at = end - 1
    }
    // A key stands behind the bracket of its object, or behind a comma in it.
    if (character === '{' || character === ',') isKey = open.at(-1) != null
    else if (character === '"' || character === ':' || character === '[') isKey = false
  }
  return null
}
