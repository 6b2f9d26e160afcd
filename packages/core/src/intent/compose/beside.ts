import { interpolate } from '../interpolate.ts'
import { isMistake } from '../mistake.ts'
import type { Reading } from './reading.ts'
import { asMap, type Entry, entriesOf, get, type MapTree, refuse, type Tree } from './tree.ts'

/**
 * Adds the services and networks of an included file to those of the file. They never replace them (Compose
 * Specification, 14-include). Two equal definitions of one name count as one (compose-go, loader/include.go
 * `importResource`).
 */
export const beside = (root: MapTree, included: MapTree, reading: Reading): MapTree => {
  const entries = new Map(root.entries)
  for (const section of ['services', 'networks']) {
    const own = asMap(get(root, section), section)
    const others = asMap(get(included, section), section)
    if (others === null) continue
    const both = new Map<string, Entry>(own?.entries ?? [])
    for (const [name, entry] of entriesOf(others)) {
      const clash = both.get(name)
      if (clash !== undefined && !areEquivalent(clash.value, entry.value, reading))
        refuse(
          clash.keyPlace,
          `${section}.${name} is defined here and in ${entry.keyPlace.source}, which is included: rename one of them`,
        )
      both.set(name, entry)
    }
    entries.set(section, { keyPlace: others.place, value: { ...(own ?? others), entries: both } })
  }
  return { ...root, entries }
}

const areEquivalent = (one: Tree, other: Tree, reading: Reading): boolean => {
  if (one === other) return true
  if (one.kind === 'list')
    return (
      other.kind === 'list' &&
      one.items.length === other.items.length &&
      one.items.every((item, index) => isSame(item, other.items[index], reading))
    )
  if (one.kind === 'map')
    return (
      other.kind === 'map' &&
      one.entries.size === other.entries.size &&
      [...one.entries].every(([key, { value }]) => isSame(value, other.entries.get(key)?.value, reading))
    )
  return (
    other.kind === 'scalar' && one.isNull === other.isNull && textOf(one, reading) === textOf(other, reading)
  )
}

const isSame = (one: Tree, other: Tree | undefined, reading: Reading): boolean =>
  other !== undefined && areEquivalent(one, other, reading)

const textOf = (tree: Extract<Tree, { kind: 'scalar' }>, reading: Reading): string => {
  const result = interpolate(tree.text, tree.lookup ?? reading.lookup)
  return isMistake(result) ? tree.text : result.text
}
