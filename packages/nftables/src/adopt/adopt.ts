import type { DesiredState } from '@portolan/core'
import { assemble } from '../compile/assemble.ts'
import type { Parts } from '../compile/parts.ts'
import { projectParts } from '../compile/project-parts.ts'
import type { Chain, Element, Rule, Ruleset } from '../model/index.ts'
import { extract } from './extract.ts'
import { yieldTo } from './yield-to.ts'

export const joinLists = <Item>(
  a: ReadonlyMap<string, readonly Item[]>,
  b: ReadonlyMap<string, readonly Item[]>,
): ReadonlyMap<string, readonly Item[]> => {
  const joined = new Map(a)
  for (const [name, items] of b) {
    const before = joined.get(name)
    // Most hosts have one project: its ten thousand elements are the list as it is.
    joined.set(name, before === undefined ? items : [...before, ...items])
  }
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
