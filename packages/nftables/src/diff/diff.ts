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

const diffElements = (actual: NamedSet, desired: NamedSet): readonly Operation[] => {
  const set: NamedSet = { ...desired, elements: [] }
  // A hundred thousand elements of a new set: none needs a text of its key to be found by.
  if (actual.elements.length === 0)
    return desired.elements.map((element): Operation => ({ kind: 'add-element', set, element }))
  // What no element that is wanted has met. Of two with one key the last counts, as the kernel has but one.
  const left = new KeyIndex<Element>()
  let count = 0
  for (const element of actual.elements) if (left.exchange(element.key, element) === undefined) count += 1
  const operations: Operation[] = []
  for (const element of desired.elements) {
    const before = left.exchange(element.key, undefined)
    if (before !== undefined) count -= 1
    if (before === undefined) operations.push({ kind: 'add-element', set, element })
    else if (!isSameValue(before, element)) operations.push({ kind: 'replace-element', set, before, element })
  }
  if (count === 0) return operations
  for (const element of actual.elements)
    if (left.get(element.key) === element) operations.push({ kind: 'remove-element', set, element })
  return operations
}

const diffSets = (actual: Table, desired: Table): readonly Operation[] => {
  const before = byName(actual.sets)
  const after = byName(desired.sets)
  return [
    ...desired.sets.flatMap((set): readonly Operation[] => {
      const found = before.get(set.name)
      if (found !== undefined) return diffElements(found, set)
      return [
        { kind: 'add-set', set: { ...set, elements: [] } },
        ...diffElements({ ...set, elements: [] }, set),
      ]
    }),
    ...actual.sets
      .filter(({ name }) => !after.has(name))
      .map((set): Operation => ({ kind: 'remove-set', set })),
  ]
}

const diffChain = (before: Chain | undefined, chain: Chain): readonly Operation[] => {
  if (before === undefined) return [{ kind: 'add-chain', chain }]
  if (sameRules(before.rules, chain.rules)) return []
  return [{ kind: 'replace-rules', chain: before, rules: chain.rules }]
}

const diffChains = (actual: Table, desired: Table): readonly Operation[] => {
  const before = byName(actual.chains)
  const after = byName(desired.chains)
  return [
    ...desired.chains.flatMap((chain) => diffChain(before.get(chain.name), chain)),
    ...actual.chains
      .filter(({ name }) => !after.has(name))
      .map((chain): Operation => ({ kind: 'remove-chain', chain })),
  ]
}

const operations = (actual: Table | null, desired: Table | null): readonly Operation[] => {
  if (desired === null) return actual === null ? [] : [{ kind: 'remove-table', table: actual }]
  if (actual === null) {
    const nothing: Table = { ...desired, sets: [], chains: [], opaque: [] }
    return [
      { kind: 'add-table', table: nothing },
      ...diffSets(nothing, desired),
      ...diffChains(nothing, desired),
    ]
  }
  if (!isBuiltAlike(actual, desired)) return [{ kind: 'replace-table', before: actual, table: desired }]
  return [...diffSets(actual, desired), ...diffChains(actual, desired)]
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
export const diff = (actual: Ruleset, desired: Ruleset): readonly NftablesChange[] =>
  operations(ownTable(actual), ownTable(desired)).map(change)
