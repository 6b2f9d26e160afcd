import type { NetlinkSocket } from '@portolan/core'
import { tableName } from '../../compile/ours.ts'
import type { Element } from '../../model/index.ts'
import {
  NFT_MSG_GETSETELEM,
  NFT_MSG_NEWSETELEM,
  NFTA_LIST_ELEM,
  NFTA_SET_ELEM_LIST_ELEMENTS,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_ELEM_LIST_TABLE,
} from '../constants.ts'
import { writeName } from '../message-parts.ts'
import { type Span, visitAll } from './attributes.ts'
import { joinIntervals } from './interval.ts'
import { list } from './listing.ts'
import { elementReader, type RawElements, type ReadElement } from './read-element.ts'
import type { SetHead } from './read-set.ts'
import { type Scale, scaleOf } from './scale.ts'

/**
 * Reads one message of the listing and adds its elements to a list. False: the message is cut off, or holds parts that
 * our sets never have.
 */
const readPart = ({ view, start, end }: Span, read: ReadElement, onto: RawElements): boolean => {
  let isKnown = true
  let lists = 0
  const isWhole = visitAll(view, start, end, (attribute, from, to) => {
    if (attribute !== NFTA_SET_ELEM_LIST_ELEMENTS) return
    lists += 1
    const isFilled = visitAll(view, from, to, (member, first, last) => {
      if (member !== NFTA_LIST_ELEM || !read(view, first, last, onto)) isKnown = false
    })
    isKnown &&= isFilled
  })
  return isWhole && isKnown && lists === 1
}

/** Sorts elements by key, as nft lists them; null when a key has no order. */
const sorted = (elements: readonly Element[], scale: Scale): readonly Element[] | null => {
  const placed = elements.map((element) => ({ element, at: scale.placeOf(element.key) ?? -1n }))
  placed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  return placed.some(({ at }) => at < 0n) ? null : placed.map(({ element }) => element)
}

/**
 * Reads the elements of a set or map of our table. The elements of a named one are in no particular order, because
 * nothing depends on it. An anonymous set is part of its rule, so its elements are in the order in which nft lists
 * them. For ten thousand elements this takes a tenth of the time that nft needs to print JSON and Portolan to parse it.
 *
 * @returns null when an element has a form that we do not write, or the elements changed meanwhile; then nft has to
 *   be asked
 */
export const readElements = async (
  socket: NetlinkSocket,
  { name, types, isAnonymous, isInterval }: SetHead,
): Promise<readonly Element[] | null> => {
  const read = elementReader(types)
  const scale = isAnonymous || isInterval ? scaleOf(types.key) : null
  if (read === null || (scale === null && (isAnonymous || isInterval))) return null
  const raw: RawElements = { elements: [], flags: new Map() }
  const listed = await list(
    socket,
    {
      ask: NFT_MSG_GETSETELEM,
      answer: NFT_MSG_NEWSETELEM,
      what: 'all',
      write: (writer) => {
        writeName(writer, NFTA_SET_ELEM_LIST_TABLE, tableName)
        writeName(writer, NFTA_SET_ELEM_LIST_SET, name)
      },
    },
    (part) => readPart(part, read, raw),
  )
  if (listed.kind !== 'whole') return null
  if (isInterval && scale !== null) return joinIntervals(raw, scale)
  if (raw.flags.size > 0) return null
  return scale === null ? raw.elements : sorted(raw.elements, scale)
}
