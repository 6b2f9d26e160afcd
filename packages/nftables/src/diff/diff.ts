import { ownTable } from '../compile/ours.ts'
import type { NftablesChange, Operation } from '../model/change.ts'
import {
  type Chain,
  type Element,
  isSameValue,
  KeyIndex,
  type NamedSet,
  type Ruleset,
  type Table,
} from '../model/index.ts'
import { change } from './describe.ts'
import { sameBase, sameDeclaration, sameFrame, sameRules } from './maps/same.ts'

const byName = <Named extends { readonly name: string }>(
  items: readonly Named[],
): ReadonlyMap<string, Named> => new Map(items.map((item) => [item.name, item]))

/** Can the actual table become the desired one without rebuilding a set or chain that other objects refer to? */
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

/** The changes, collected in one list. One list for each set and chain would copy ten thousand changes four times. */
type Changes = NftablesChange[]

const note = (changes: Changes, operation: Operation): void => {
  changes.push(change(operation))
}

const diffElements = (actual: NamedSet, desired: NamedSet, changes: Changes): void => {
  const set: NamedSet = { ...desired, elements: [] }
  // The elements of an empty set are all new. None of the hundred thousand is looked up by its key.
  if (actual.elements.length === 0) {
    for (const element of desired.elements) note(changes, { kind: 'add-element', set, element })
    return
  }
  // The actual elements that no desired element has matched so far. Where two have one key the last counts, as the
  // kernel holds only one.
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
 * Finds the smallest changes that turn our table in `actual` into the one in `desired`. Foreign tables are not read.
 * Comments of tables, chains and sets are not compared. All changes together are one transaction; `apply` puts them in
 * an order that the kernel accepts.
 *
 * @param desired - a ruleset without our table removes everything that is ours
 * @returns an empty list when the tables are equal
 * @example
 * diff(actual, actual) // []
 * @public @since 0.1.0
 */
export const diff = (actual: Ruleset, desired: Ruleset): readonly NftablesChange[] => {
  const changes: NftablesChange[] = []
  diffTable(ownTable(actual), ownTable(desired), changes)
  return changes
}
