import { ownTable } from '../compile/ours.ts'
import {
  type Chain,
  type Element,
  isSameValue,
  KeyIndex,
  type NamedSet,
  type Ruleset,
  type Table,
} from '../model/index.ts'
import type { NftablesChange, Operation } from './change.ts'
import { change } from './describe.ts'
import { sameBase, sameDeclaration, sameFrame, sameRules } from './maps/same.ts'

const byName = <Named extends { readonly name: string }>(
  items: readonly Named[],
): ReadonlyMap<string, Named> => new Map(items.map((item) => [item.name, item]))

/** Can the one become the other without taking apart what refers to it? */
const isBuiltAlike = (actual: Table, desired: Table): boolean => {
  if (!sameFrame(actual, desired)) return false
  const sets = byName(actual.sets)
  const chains = byName(actual.chains)
  return (
    desired.sets.every((set) => {
      const found = sets.get(set.name)
      return found === undefined || sameDeclaration(found, set)
    }) &&
    desired.chains.every((chain) => {
      const found = chains.get(chain.name)
      return found === undefined || sameBase(found, chain)
    })
  )
}

/** Changes as they are found: a list of each set and chain would have ten thousand of them copied four times. */
type Changes = NftablesChange[]

const note = (changes: Changes, operation: Operation): void => {
  changes.push(change(operation))
}

const diffElements = (actual: NamedSet, desired: NamedSet, changes: Changes): void => {
  const set: NamedSet = { ...desired, elements: [] }
  // A hundred thousand elements of a new set: none needs a text of its key to be found by.
  if (actual.elements.length === 0) {
    for (const element of desired.elements) note(changes, { kind: 'add-element', set, element })
    return
  }
  // What no element that is wanted has met. Of two with one key the last counts, as the kernel has but one.
  const left = new KeyIndex<Element>()
  let count = 0
  for (const element of actual.elements) if (left.exchange(element.key, element) === undefined) count += 1
  for (const element of desired.elements) {
    const before = left.exchange(element.key, undefined)
    if (before !== undefined) count -= 1
    if (before === undefined) note(changes, { kind: 'add-element', set, element })
    else if (!isSameValue(before, element)) note(changes, { kind: 'replace-element', set, before, element })
  }
  if (count === 0) return
  for (const element of actual.elements)
    if (left.get(element.key) === element) note(changes, { kind: 'remove-element', set, element })
}

const diffSets = (actual: Table, desired: Table, changes: Changes): void => {
  const before = byName(actual.sets)
  const after = byName(desired.sets)
  for (const set of desired.sets) {
    const found = before.get(set.name)
    if (found !== undefined) diffElements(found, set, changes)
    else {
      const empty = { ...set, elements: [] }
      note(changes, { kind: 'add-set', set: empty })
      diffElements(empty, set, changes)
    }
  }
  for (const set of actual.sets) if (!after.has(set.name)) note(changes, { kind: 'remove-set', set })
}

const diffChain = (before: Chain | undefined, chain: Chain, changes: Changes): void => {
  if (before === undefined) note(changes, { kind: 'add-chain', chain })
  else if (!sameRules(before.rules, chain.rules))
    note(changes, { kind: 'replace-rules', chain: before, rules: chain.rules })
}

const diffChains = (actual: Table, desired: Table, changes: Changes): void => {
  const before = byName(actual.chains)
  const after = byName(desired.chains)
  for (const chain of desired.chains) diffChain(before.get(chain.name), chain, changes)
  for (const chain of actual.chains)
    if (!after.has(chain.name)) note(changes, { kind: 'remove-chain', chain })
}

const diffTable = (actual: Table | null, desired: Table | null, changes: Changes): void => {
  if (desired === null) {
    if (actual !== null) note(changes, { kind: 'remove-table', table: actual })
    return
  }
  const nothing: Table = { ...desired, sets: [], chains: [], opaque: [] }
  if (actual === null) note(changes, { kind: 'add-table', table: nothing })
  else if (!isBuiltAlike(actual, desired)) {
    note(changes, { kind: 'replace-table', before: actual, table: desired })
    return
  }
  diffSets(actual ?? nothing, desired, changes)
  diffChains(actual ?? nothing, desired, changes)
}

/**
 * The smallest changes that make our table in `actual` the one in `desired`; other tables are not looked at.
 * Comments of tables, chains and sets do not count. All changes together are one transaction; `apply` finds
 * the order in which the kernel takes them.
 *
 * @param desired - a ruleset of no table removes all that is ours
 * @returns nothing when nothing is to do
 * @example
 * diff(actual, actual) // []
 * @public @since 0.1.0
 */
export const diff = (actual: Ruleset, desired: Ruleset): readonly NftablesChange[] => {
  const changes: NftablesChange[] = []
  diffTable(ownTable(actual), ownTable(desired), changes)
  return changes
}
