import type { Lookup } from '../interpolate.ts'
import type { Entry, MapTree, Tree } from './tree.ts'

/**
 * Copies a tree so that its variables come from `lookup`. A part that already has a lookup of its own keeps it. Parts
 * that aliases share stay shared.
 */
export const bindVariables = (root: MapTree, lookup: Lookup): MapTree => {
  const done = new Map<Tree, Tree>()
  const bind = (tree: Tree): Tree => {
    const known = done.get(tree)
    if (known !== undefined) return known
    const made = bound(tree)
    done.set(tree, made)
    return made
  }
  const bindMap = (tree: MapTree): MapTree => ({
    ...tree,
    entries: new Map(
      [...tree.entries].map(([key, entry]): [string, Entry] => [key, { ...entry, value: bind(entry.value) }]),
    ),
  })
  const bound = (tree: Tree): Tree => {
    if (tree.kind === 'map') return bindMap(tree)
    if (tree.kind === 'list') return { ...tree, items: tree.items.map(bind) }
    return { ...tree, lookup: tree.lookup ?? lookup }
  }
  return bindMap(root)
}
