import type { DesiredState } from '@portolan/core'
import type { Chain, Element, Rule, Ruleset } from '../model/index.ts'
import { assemble } from './assemble.ts'
import { extract } from './extract.ts'
import type { Parts } from './parts.ts'
import { placeOf } from './place.ts'
import { projectParts } from './project-parts.ts'

const placesOf = (parts: Parts): ReadonlySet<string> => {
  const places = new Set<string>()
  for (const [set, elements] of parts.elements) {
    for (const item of elements) places.add(placeOf(set, item))
  }
  return places
}

/** The chain an element leads to. */
export const targetOf = ({ data }: Element): string | null =>
  data?.kind === 'goto' || data?.kind === 'jump' ? data.target : null

/** Elements whose place is free, and the chains these still lead to. */
const yieldTo = (theirs: Parts, mine: Parts): Parts => {
  const taken = placesOf(theirs)
  const elements = new Map<string, readonly Element[]>()
  const reached = new Set<string>()
  for (const [set, items] of mine.elements) {
    const kept = taken.size === 0 ? items : items.filter((item) => !taken.has(placeOf(set, item)))
    if (kept.length > 0) elements.set(set, kept)
    for (const item of kept) {
      const target = targetOf(item)
      if (target !== null) reached.add(target)
    }
  }
  const names = new Set(theirs.chains.map(({ name }) => name))
  const chains = mine.chains.filter(({ name }) => reached.has(name) && !names.has(name))
  return { elements, chains, rules: mine.rules }
}

export const joinLists = <Item>(
  a: ReadonlyMap<string, readonly Item[]>,
  b: ReadonlyMap<string, readonly Item[]>,
): ReadonlyMap<string, readonly Item[]> => {
  const joined = new Map(a)
  for (const [name, items] of b) joined.set(name, [...(joined.get(name) ?? []), ...items])
  return joined
}

const join = (a: Parts, b: Parts): Parts => ({
  elements: joinLists<Element>(a.elements, b.elements),
  chains: [...a.chains, ...b.chains] satisfies readonly Chain[],
  rules: joinLists<Rule>(a.rules, b.rules),
})

/**
 * What the host should have in the end: one project as it is desired, and every other project as it is there. Where
 * two projects want the same port the one that is there keeps it.
 *
 * @param actual - what the host has now; only our table is looked at
 * @param desired - what the project wants; null to take the project away
 * @param project - the one with rules in `actual` that are replaced
 * @returns our table alone, or nothing when no project is left
 * @throws InvalidRequestError as `compile` does
 * @example
 * diff(actual, adopt(actual, desired, desired.project)) // what apply would do
 * diff(actual, adopt(actual, null, 'shop'))             // what destroy would do
 * @public @since 0.1.0
 */
export const adopt = (actual: Ruleset, desired: DesiredState | null, project: string): Ruleset => {
  const theirs = extract(actual, (owner) => owner !== project)
  return assemble(desired === null ? theirs : join(theirs, yieldTo(theirs, projectParts(desired))))
}
