import { readList } from './nft-match.ts'
import { type NftType, setTypes, unreadSetTypes } from './nft-types.ts'
import type { ReadValue } from './nft-value.ts'
import { notRead, refused, refusedFor, type Word, type WordReader } from './nft-words.ts'

/** A set as `nft -j` prints it, without its place, and the type of its elements. */
export interface ListedSet {
  readonly type: NftType
  readonly json: object
}

type Element = ReadValue & { readonly word: Word }

interface Draft {
  type: NftType | null
  flags: readonly string[] | null
  merges: boolean
  elements: readonly Element[] | null
}

/** Reads a set. @param name - the name of the set; the name and the opening brace are already read */
export const readSet = (reader: WordReader, name: Word, interfaces: readonly string[]): ListedSet => {
  const draft: Draft = { type: null, flags: null, merges: false, elements: null }
  for (;;) {
    reader.skipEnds()
    if (reader.skip('}')) break
    readProperty(reader, draft, interfaces)
    reader.expectEnd()
  }
  const { type, flags, merges, elements } = draft
  if (type === null) throw refusedFor(name, `the set ${name.text} has no type`)
  const isInterval = flags?.includes('interval') ?? false
  if (merges && !isInterval) throw refusedFor(name, '"auto-merge" is for sets with "flags interval"')
  if (elements !== null) checkElements(elements, isInterval, merges)
  return {
    type,
    json: {
      type: type.name,
      ...(flags === null ? {} : { flags }),
      ...(merges ? { 'auto-merge': true } : {}),
      ...(elements === null ? {} : { elem: elements.map(({ json }) => json) }),
    },
  }
}

const readProperty = (reader: WordReader, draft: Draft, interfaces: readonly string[]): void => {
  const word = reader.next()
  const once = (before: unknown): void => {
    if (before !== null && before !== false) throw refusedFor(word, `the set has "${word.text}" twice`)
  }
  if (word.quoted) throw refused(word, 'expected "type", "flags" or "elements"')
  switch (word.text) {
    case 'type':
      once(draft.type)
      draft.type = readType(reader)
      return
    case 'flags':
      once(draft.flags)
      draft.flags = readFlags(reader)
      return
    case 'auto-merge':
      once(draft.merges)
      draft.merges = true
      return
    case 'elements': {
      once(draft.elements)
      if (draft.type === null) throw notRead(word, 'the type of a set is in front of its elements')
      reader.expect('=')
      const opening = reader.next()
      if (opening.text !== '{' || opening.quoted) throw refused(opening, 'expected "{"')
      draft.elements = readList(reader, draft.type, interfaces, opening)
      return
    }
    default:
      throw notRead(word, 'a set has a type, flags and elements')
  }
}

const readType = (reader: WordReader): NftType => {
  const word = reader.next()
  if (reader.peek() === '.') throw notRead(reader.next(), 'concatenations are not')
  const type = setTypes.find(({ name }) => name === word.text)
  if (type !== undefined && !word.quoted) return type
  if (unreadSetTypes.includes(word.text)) throw notRead(word, 'sets of this type are not')
  throw refused(word, `expected a type (${setTypes.map(({ name }) => name).join(', ')})`)
}

const flagNames: readonly string[] = ['constant', 'interval', 'timeout', 'dynamic']

const readFlags = (reader: WordReader): readonly string[] => {
  const flags: string[] = []
  do {
    const word = reader.next()
    if (word.quoted || !flagNames.includes(word.text))
      throw refused(word, `expected a flag (${flagNames.join(', ')})`)
    flags.push(word.text)
  } while (reader.skip(','))
  return flags
}

const checkElements = (elements: readonly Element[], isInterval: boolean, merges: boolean): void => {
  if (!isInterval) {
    const range = elements.find(({ many }) => many)
    if (range !== undefined)
      throw refusedFor(
        range.word,
        `"${range.word.text}" is more than one value: give the set "flags interval"`,
      )
    return
  }
  if (merges) return
  const sorted = elements
    .flatMap(({ ends, word }) => (ends === null ? [] : [{ ends, word }]))
    .toSorted((one, other) => (one.ends[0] < other.ends[0] ? -1 : one.ends[0] > other.ends[0] ? 1 : 0))
  let last = sorted[0]
  for (const next of sorted.slice(1)) {
    const isSame = last?.ends[0] === next.ends[0] && last.ends[1] === next.ends[1]
    if (last !== undefined && !isSame && next.ends[0] <= last.ends[1])
      throw refusedFor(
        next.word,
        `"${next.word.text}" overlaps with "${last.word.text}": give the set "auto-merge", or leave one out`,
      )
    last = next
  }
}
