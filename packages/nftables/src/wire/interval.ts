import { type Address, bitsOf, type Family, tryParseAddress } from '@portolan/netfilter'
import { rangeExpression } from '../compile/sources.ts'
import type { Element } from '../model/index.ts'
import { NFT_SET_ELEM_INTERVAL_END } from './constants.ts'
import type { RawElement } from './read-element.ts'

interface End {
  readonly at: bigint
  readonly isEnd: boolean
  readonly element: RawElement
}

const endOf = (element: RawElement, family: Family): End | null => {
  const address: Address | null = element.key.kind === 'text' ? tryParseAddress(element.key.text) : null
  if (address?.family !== family || (element.flags & ~NFT_SET_ELEM_INTERVAL_END) !== 0) return null
  return { at: BigInt(address.value), isEnd: (element.flags & NFT_SET_ELEM_INTERVAL_END) !== 0, element }
}

/**
 * The elements of an interval set of addresses, as nft lists them: to the kernel an interval is two elements, where
 * it begins and where it no longer holds; one that holds up to the last address has no second.
 *
 * @returns null when they do not come in pairs
 */
export const joinIntervals = (raw: readonly RawElement[], family: Family): readonly Element[] | null => {
  const ends: End[] = []
  for (const element of raw) {
    const end = endOf(element, family)
    if (end === null) return null
    ends.push(end)
  }
  // Where one interval ends and the next begins at the same address, the end comes first.
  ends.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : Number(b.isEnd) - Number(a.isEnd)))
  const last = (1n << BigInt(bitsOf({ family }))) - 1n
  const elements: Element[] = []
  let open: End | null = null
  const close = (from: End, to: bigint): void => {
    const { data, comment } = from.element
    elements.push({
      key: rangeExpression(family, { first: from.at, last: to }),
      data,
      comment,
      attributes: null,
    })
  }
  for (const end of ends) {
    if (!end.isEnd) {
      if (open !== null) return null
      open = end
    } else if (open !== null) {
      close(open, end.at - 1n)
      open = null
      // The kernel also keeps an end at the address of zero, before the first interval.
    } else if (end.at !== 0n) return null
  }
  if (open !== null) close(open, last)
  return elements
}
