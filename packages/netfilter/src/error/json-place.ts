import { checkText } from './check-text.ts'
import { endOfJsonString } from './json-nesting.ts'

/** The path to a part of a JSON value: keys of objects and indexes of lists. */
export type JsonPath = readonly (string | number)[]

const space = /[ \t\r\n]*/y
const plain = /[^,\]} \t\r\n]+/y

/**
 * The offset of a value, or of its key, in a JSON text that `JSON.parse` has read. Where the path leads to nothing, the
 * offset of the innermost value on the path that exists.
 * @param end - whether to return the offset of the last key's value, or of the key itself
 */
export const offsetInJson = (json: string, path: JsonPath, end: 'value' | 'key' = 'value'): number => {
  checkText(json, 'json')
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

/** An entry of the list or object that starts at an offset. Of equal keys the last counts, as in JSON.parse. */
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

/** A key that an object has twice, and its offset; null: there is none. */
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
