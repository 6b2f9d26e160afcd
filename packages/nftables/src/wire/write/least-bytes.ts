import type { NftablesChange } from '../../model/change.ts'
import type { Element, NamedSet } from '../../model/index.ts'
import { paddedTo4 } from '../message-parts.ts'
import { declarationOf, typesOf } from './data-type.ts'
import { Unwritable } from './unwritable.ts'

/** The length and type of an attribute. */
const HEAD = 4

/** The bytes of a value with the two attributes around it. 0 for verdicts, whose lengths differ. */
const valueBytes = (types: readonly string[]): number =>
  types.length === 0 || types[0] === 'verdict' ? 0 : 2 * HEAD + paddedTo4(declarationOf(types).size)

const withoutComment = (set: NamedSet): number =>
  HEAD + valueBytes(typesOf(set.keyType)) + valueBytes(typesOf(set.dataType))

/** The bytes of a comment: type, length and closing NUL, and at least one byte for each character. */
const commentBytes = ({ comment }: Element): number =>
  comment === null ? 0 : HEAD + paddedTo4(comment.length + 3)

/** An upper bound for the bytes of one element. */
const LONGEST_ELEMENT = 512

/**
 * Is every batch of these changes longer than this number of bytes? Most lists of changes are too short for that, and
 * their bytes are not counted.
 */
export const areLonger = (changes: readonly Pick<NftablesChange, 'operation'>[], bytes: number): boolean =>
  changes.length * LONGEST_ELEMENT > bytes && leastBytes(changes) > bytes

/**
 * A lower bound for the bytes of a batch: the bytes of the elements it adds. For a hundred thousand elements that is
 * nearly the whole batch. The count needs no memory. 0 where an element has no wire form.
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
