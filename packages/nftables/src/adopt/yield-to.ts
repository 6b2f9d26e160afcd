import type { Parts } from '../compile/parts.ts'
import type { Element } from '../model/index.ts'
import { placeOf } from './place.ts'

const placesOf = (parts: Parts): ReadonlySet<string> => {
  const places = new Set<string>()
  for (const [set, elements] of parts.elements) {
    for (const item of elements) places.add(placeOf(set, item))
  }
  return places
}

/** The chain an element leads to; null when the element leads to none. */
export const targetOf = ({ data }: Element): string | null =>
  data?.kind === 'goto' || data?.kind === 'jump' ? data.target : null

/** My elements whose place is free in the other projects' parts, and the chains that these elements lead to. */
export const yieldTo = (theirs: Parts, mine: Parts): Parts => {
  const taken = placesOf(theirs)
  const elements = new Map<string, readonly Element[]>()
  const reached = new Set<string>()
  for (const [set, items] of mine.elements) {
    const kept = taken.size === 0 ? items : items.filter((item) => !taken.has(placeOf(set, item)))
    if (kept.length > 0) elements.set(set, kept)
    // Plain mappings lead to no chain, so ten thousand of them need no search.
    if (mine.chains.length === 0) continue
    for (const item of kept) {
      const target = targetOf(item)
      if (target !== null) reached.add(target)
    }
  }
  const names = new Set(theirs.chains.map(({ name }) => name))
  const chains = mine.chains.filter(({ name }) => reached.has(name) && !names.has(name))
  return { elements, chains, rules: mine.rules }
}
