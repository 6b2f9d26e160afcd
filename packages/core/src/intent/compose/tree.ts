import { IntentError, type SourcePosition } from '@portolan/netfilter'
import { didYouMean } from '@portolan/netfilter/text'
import type { Lookup } from '../interpolate.ts'

/**
 * A YAML document as Compose reads it: anchors, aliases and merge keys are resolved, and every part keeps its place.
 * Parts behind aliases are shared, so a tree is never larger than its text.
 */
export type Tree = ScalarTree | ListTree | MapTree

interface Placed {
  readonly place: SourcePosition
  /** Compose's own tags for what a later file does to an earlier one (Compose Specification, 13-merge). */
  readonly tag: 'reset' | 'override' | null
}

/** One value, as text: `8080` stays `8080`, since Compose reads variables first and types afterwards. */
export interface ScalarTree extends Placed {
  readonly kind: 'scalar'
  readonly text: string
  readonly isNull: boolean
  /** The type that YAML reads here, if it is not text. */
  readonly typed?: 'true or false' | 'a number'
  /**
   * The number of columns from `place` to the text itself; null: columns do not match, because of escapes or several
   * lines.
   */
  readonly inset: number | null
  /** The source of the variables here, if it differs from the rest of the tree: an included file has its own. */
  readonly lookup?: Lookup
}

export interface ListTree extends Placed {
  readonly kind: 'list'
  readonly items: readonly Tree[]
  /** The indexes at which the items of each later file begin, if lists of several files were appended. */
  readonly seams?: readonly number[]
}

export interface MapTree extends Placed {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, Entry>
}

export interface Entry {
  readonly keyPlace: SourcePosition
  readonly value: Tree
}

/**
 * The variables in a value, by its place. An error about the value names them, because the file does not show the
 * value.
 */
const variablesAt = new WeakMap<SourcePosition, readonly string[]>()

export const noteVariables = (place: SourcePosition, names: readonly string[]): void => {
  variablesAt.set(place, [...new Set(names)])
}

/** Refuses a part of the file that the user wrote. */
export const refuse = (place: SourcePosition, message: string): never => {
  const names = variablesAt.get(place) ?? []
  const from =
    names.length === 0
      ? ''
      : `. The variable${names.length === 1 ? '' : 's'} ${names.join(', ')} gave this value`
  throw new IntentError(`${message}${from}`, place)
}

/** Names a part of a file as a user would. */
export const nameOf = (tree: Tree): string => {
  if (tree.kind === 'list') return 'a list'
  if (tree.kind === 'map') return 'a mapping'
  return tree.isNull ? 'nothing' : `"${tree.text}"`
}

const isAbsent = (tree: Tree): boolean => tree.tag === 'reset' || (tree.kind === 'scalar' && tree.isNull)

/** The value of a key; null when the key is missing, has no value, or was reset. */
export const get = (map: MapTree | null, key: string): Tree | null => {
  const value = map?.entries.get(key)?.value
  return value === undefined || isAbsent(value) ? null : value
}

/**
 * The value of a key; null when the key is missing or was reset. A key with nothing after it is refused, as in Compose.
 * Most often the lines below it have too little indentation, and YAML reads them as something else.
 */
export const getGiven = (map: MapTree | null, key: string, what: string): Tree | null => {
  const entry = map?.entries.get(key)
  if (entry === undefined || entry.value.tag === 'reset') return null
  return entry.value.kind === 'scalar' && entry.value.isNull
    ? refuse(entry.keyPlace, `${what}: expected a value after \`${key}\`, found nothing: leave the key out`)
    : entry.value
}

/** Reads a part that must be a mapping; null: it is missing. */
export const asMap = (tree: Tree | null, what: string): MapTree | null => {
  if (tree === null || isAbsent(tree)) return null
  return tree.kind === 'map' ? tree : refuse(tree.place, `${what}: expected a mapping, found ${nameOf(tree)}`)
}

/** Checks that a document of a Compose file is a mapping. */
export const asRoot = (tree: Tree): MapTree =>
  tree.kind === 'map'
    ? tree
    : refuse(tree.place, `expected a mapping with \`services\` or \`networks\`, found ${nameOf(tree)}`)

/** Reads a part that must be a list; empty: it is missing. Items that were reset stay in it. */
export const asWholeList = (tree: Tree | null, what: string): readonly Tree[] => {
  if (tree === null || isAbsent(tree)) return []
  if (tree.kind !== 'list') return refuse(tree.place, `${what}: expected a list, found ${nameOf(tree)}`)
  return tree.items
}

/** Reads a part that must be a list; empty: it is missing. Items that were reset are left out. */
export const asList = (tree: Tree | null, what: string): readonly Tree[] =>
  asWholeList(tree, what).filter((item) => item.tag !== 'reset')

/** The entries of a mapping in the order of the file, without those that were reset. */
export const entriesOf = (map: MapTree | null): readonly (readonly [string, Entry])[] =>
  map === null ? [] : [...map.entries].filter(([, entry]) => entry.value.tag !== 'reset')

/** Refuses a key that is not known; `x-` keys are free for every program. */
export const onlyKeys = (map: MapTree, known: readonly string[], what: string): void => {
  for (const [key, entry] of map.entries)
    if (!known.includes(key) && !key.startsWith('x-'))
      refuse(
        entry.keyPlace,
        `${what}: unknown key "${key}", expected one of ${known.join(', ')}${didYouMean(key, known)}`,
      )
}
