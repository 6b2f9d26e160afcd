import type { Element } from '../../model/index.ts'
import { NFT_SET_ELEM_INTERVAL_END } from '../constants.ts'
import type { RawElements } from './read-element.ts'
import type { Scale } from './scale.ts'

interface End {
  readonly at: bigint
  readonly isEnd: boolean
  readonly element: Element
}

const endOf = (element: Element, flags: number, { placeOf }: Scale): End | null => {
  const at = placeOf(element.key)
  if (at === null || (flags & ~NFT_SET_ELEM_INTERVAL_END) !== 0) return null
  return { at, isEnd: (flags & NFT_SET_ELEM_INTERVAL_END) !== 0, element }
}

/**
 * The elements of an interval set, as nft lists them. In the kernel an interval is two elements: its start, and the
 * first value after it. An interval up to the last value has no second element.
 *
 * @returns null when the elements do not form pairs
 */
export const joinIntervals = (
  { elements: raw, flags }: RawElements,
  scale: Scale,
): readonly Element[] | null => {
  const ends: End[] = []
  for (const [at, element] of raw.entries()) {
    const end = endOf(element, flags.get(at) ?? 0, scale)
    if (end === null) return null
    ends.push(end)
  }
  // Where one interval ends at the value at which the next begins, the end is sorted first.
  ends.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : Number(b.isEnd) - Number(a.isEnd)))
  const elements: Element[] = []
  let open: End | null = null
  const close = (from: End, to: bigint): void => {
    const { data, comment } = from.element
    elements.push({ key: scale.between(from.at, to), data, comment, attributes: null })
  }
  for (const end of ends) {
    if (!end.isEnd) {
      // Where the next interval follows at once, the one before has no end element.
      if (open !== null && open.at === end.at) return null
      if (open !== null) close(open, end.at - 1n)
      open = end
    } else if (open !== null) {
      close(open, end.at - 1n)
      open = null
      // The kernel also keeps an end element at value zero, before the first interval.
    } else if (end.at !== 0n) return null
  }
  if (open !== null) close(open, scale.last)
  return elements
}
