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
    // Most hosts have one project. Its list, perhaps ten thousand elements, is then used without a copy.
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
 * The rules the host should have in the end: one project as it is desired, every other project as it is now. Where two
 * projects want the same port, the project that is already there keeps it.
 *
 * @param actual - the rules the host has now; only our table is read
 * @param desired - the desired state of the project; null removes the project
 * @param project - the project whose rules in `actual` are replaced
 * @returns our table alone; an empty ruleset when no project is left
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
