import type { SourcePosition } from '@portolan/netfilter'
import type { IntentNote } from '../intent.ts'
import { interpolate, type Lookup } from '../interpolate.ts'
import { isMistake, type Mistake } from '../mistake.ts'
import { nameOf, noteVariables, refuse, type ScalarTree, type Tree } from './tree.ts'

/** What one reading of a Compose file carries along: where variables come from, and what is worth saying. */
export interface Reading {
  readonly lookup: Lookup
  readonly note: (text: string, place: SourcePosition | null) => void
  /** Says once of each variable that it has no value. */
  readonly unset: (name: string, place: SourcePosition) => void
}

/** A reading, and the notes it gathers. */
export const startReading = (lookup: Lookup): { reading: Reading; notes: readonly IntentNote[] } => {
  const notes: IntentNote[] = []
  const known = new Set<string>()
  const note = (text: string, place: SourcePosition | null): void => {
    notes.push({ text, place })
  }
  const unset = (name: string, place: SourcePosition): void => {
    if (known.has(name)) return
    known.add(name)
    note(`the variable ${name} is not set: an empty string stands in for it`, place)
  }
  return { reading: { lookup, note, unset }, notes }
}

/** The same reading, with variables that come from elsewhere. */
export const readIn = (reading: Reading, lookup: Lookup): Reading => ({ ...reading, lookup })

/** A value with its variables replaced; `inset` as in a tree, null once a replacement has moved the columns. */
export interface Value {
  readonly text: string
  readonly place: SourcePosition
  readonly inset: number | null
}

/** Where an offset of a value stands in the file, as closely as can be told. */
export const placeIn = (value: Value, offset: number): SourcePosition =>
  value.inset === null ? value.place : { ...value.place, column: value.place.column + value.inset + offset }

/** Refuses a value for a mistake inside it. */
export const refuseMistake = (value: Value, what: string, mistake: Mistake): never =>
  refuse(placeIn(value, mistake.offset), `${what}: ${mistake.message}`)

const isText = (tree: Tree): tree is ScalarTree => tree.kind === 'scalar' && !tree.isNull

/** A part that has to be a single value. */
export const readValue = (reading: Reading, tree: Tree, what: string, expected = 'a value'): Value => {
  if (!isText(tree)) return refuse(tree.place, `${what}: expected ${expected}, found ${nameOf(tree)}`)
  const { text, place, inset } = tree
  const result = interpolate(text, tree.lookup ?? reading.lookup)
  if (isMistake(result)) return refuseMistake({ text, place, inset }, what, result)
  for (const name of result.unset) reading.unset(name, place)
  if (result.used.length > 0 || result.unset.length > 0)
    noteVariables(place, [...result.used, ...result.unset])
  return { text: result.text, place, inset: result.text === text ? inset : null }
}

/** A text; null when the part is not there. An empty text is a text. */
export const readText = (reading: Reading, tree: Tree | null, what: string): Value | null =>
  tree === null ? null : readValue(reading, tree, what)

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'y', 'on'].map((word) => [word, true] as const),
  ...['false', 'no', 'n', 'off'].map((word) => [word, false] as const),
])

/** Those of Go's strconv.ParseBool, which Docker reads the options of drivers with. */
const engineBooleans: ReadonlyMap<string, boolean> = new Map([
  ...booleans,
  ['t', true],
  ['1', true],
  ['f', false],
  ['0', false],
])

/** A truth in any of the spellings of Docker's options of drivers, besides those of Compose. */
export const readEngineBoolean = (reading: Reading, tree: Tree | null, what: string): boolean | null =>
  readBoolean(reading, tree, what, engineBooleans)

/** A truth in any of the spellings of YAML 1.1, as Compose takes them; null when it is not there. */
export const readBoolean = (
  reading: Reading,
  tree: Tree | null,
  what: string,
  spellings: ReadonlyMap<string, boolean> = booleans,
): boolean | null => {
  if (tree === null) return null
  const value = readValue(reading, tree, what, 'true or false')
  const truth = spellings.get(value.text.toLowerCase())
  return truth ?? refuse(value.place, `${what}: expected true or false, found "${value.text}"`)
}

/** A whole number between two bounds; null when it is not there. */
export const readInteger = (
  reading: Reading,
  tree: Tree | null,
  what: string,
  [least, most]: readonly [number, number],
): number | null => {
  if (tree === null) return null
  const expected = `a whole number from ${least} to ${most}`
  const value = readValue(reading, tree, what, expected)
  const number = /^[+-]?\d+$/.test(value.text) ? Number(value.text) : Number.NaN
  if (!(number >= least && number <= most))
    return refuse(value.place, `${what}: expected ${expected}, found "${value.text}"`)
  return number
}

/** One value or a list of them. */
export const readTexts = (reading: Reading, tree: Tree | null, what: string): readonly Value[] => {
  if (tree === null) return []
  const items = tree.kind === 'list' ? tree.items.filter((item) => item.tag !== 'reset') : [tree]
  return items.map((item, index) =>
    readValue(reading, item, tree.kind === 'list' ? `${what}[${index}]` : what),
  )
}
