import type { NftablesChange } from '../../diff/change.ts'
import type { Element, NamedSet } from '../../model/index.ts'
import { paddedTo4 } from '../message-parts.ts'
import { declarationOf, typesOf } from './data-type.ts'
import { Unwritable } from './unwritable.ts'

/** An attribute's length and type. */
const HEAD = 4

/** What a value takes within the two attributes around it; nothing is said of verdicts, which are of several lengths. */
const valueBytes = (types: readonly string[]): number =>
  types.length === 0 || types[0] === 'verdict' ? 0 : 2 * HEAD + paddedTo4(declarationOf(types).size)

const withoutComment = (set: NamedSet): number =>
  HEAD + valueBytes(typesOf(set.keyType)) + valueBytes(typesOf(set.dataType))

/** Type, length and the closing NUL, around at least one byte for each character. */
const commentBytes = ({ comment }: Element): number =>
  comment === null ? 0 : HEAD + paddedTo4(comment.length + 3)

/** What an element may take at the most, and more. */
const LONGEST_ELEMENT = 512

/** Is every batch of these changes longer than so many bytes? Nearly always too few are there for that to be found out. */
export const areLonger = (changes: readonly Pick<NftablesChange, 'operation'>[], bytes: number): boolean =>
  changes.length * LONGEST_ELEMENT > bytes && leastBytes(changes) > bytes

/**
 * No batch of these changes is shorter: what their elements take. Of a hundred thousand that is nearly all of it, and
 * takes no room to find out.
 */
export const leastBytes = (changes: readonly Pick<NftablesChange, 'operation'>[]): number => {
  let bytes = 0
  let last: NamedSet | null = null
  let each = 0
  try {
    for (const { operation } of changes) {
      if (operation.kind !== 'add-element') continue
      const { set, element } = operation
      if (set !== last) each = withoutComment(set)
      last = set
      bytes += each + commentBytes(element)
    }
  } catch (error) {
    if (error instanceof Unwritable) return 0
    throw error
  }
  return bytes
}
