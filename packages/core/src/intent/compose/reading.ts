import type { SourcePosition } from '@portolan/netfilter'
import type { IntentNote } from '../intent.ts'
import { interpolate, type Lookup } from '../interpolate.ts'
import { isMistake, type Mistake } from '../mistake.ts'
import { nameOf, noteVariables, refuse, type ScalarTree, type Tree } from './tree.ts'

/** The state of one reading of a Compose file: the source of its variables, and the notes about it. */
export interface Reading {
  readonly lookup: Lookup
  readonly note: (text: string, place: SourcePosition | null) => void
  /** Notes that a variable has no value, once for each variable. */
  readonly unset: (name: string, place: SourcePosition) => void
}

/** Starts a reading, and returns it with the list of notes that it fills. */
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

/** The same reading, with another source of variables. */
export const readIn = (reading: Reading, lookup: Lookup): Reading => ({ ...reading, lookup })

/** A value with its variables replaced. `inset` is as in a tree; null: a replacement has moved the columns. */
export interface Value {
  readonly text: string
  readonly place: SourcePosition
  readonly inset: number | null
}

/** The place in the file of an offset in a value, as closely as it is known. */
export const placeIn = (value: Value, offset: number): SourcePosition =>
  value.inset === null ? value.place : { ...value.place, column: value.place.column + value.inset + offset }

/** Refuses a value for a mistake inside it. */
export const refuseMistake = (value: Value, what: string, mistake: Mistake): never =>
  refuse(placeIn(value, mistake.offset), `${what}: ${mistake.message}`)

const isText = (tree: Tree): tree is ScalarTree => tree.kind === 'scalar' && !tree.isNull

/** Reads a part that must be a single value. */
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

/** Reads a text; null: the part is missing. An empty text is a text. */
export const readText = (reading: Reading, tree: Tree | null, what: string): Value | null =>
  tree === null ? null : readValue(reading, tree, what)

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'y', 'on'].map((word) => [word, true] as const),
  ...['false', 'no', 'n', 'off'].map((word) => [word, false] as const),
])

/** Truth values of Go's strconv.ParseBool, with which Docker reads driver options. */
const engineBooleans: ReadonlyMap<string, boolean> = new Map([
  ...booleans,
  ['t', true],
  ['1', true],
  ['f', false],
  ['0', false],
])

/** Reads a truth value in the spellings of Compose, or of Docker's driver options. */
export const readEngineBoolean = (reading: Reading, tree: Tree | null, what: string): boolean | null =>
  readBoolean(reading, tree, what, engineBooleans)

/** Reads a truth value in the spellings of YAML 1.1, as Compose does; null: it is missing. */
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

/** Reads a whole number between two bounds; null: it is missing. */
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

/** Reads one value, or a list of values. */
export const readTexts = (reading: Reading, tree: Tree | null, what: string): readonly Value[] => {
  if (tree === null) return []
  const items = tree.kind === 'list' ? tree.items.filter((item) => item.tag !== 'reset') : [tree]
  return items.map((item, index) =>
    readValue(reading, item, tree.kind === 'list' ? `${what}[${index}]` : what),
  )
}
