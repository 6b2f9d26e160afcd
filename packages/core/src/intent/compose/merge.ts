import type { Entry, ListTree, MapTree, Tree } from './tree.ts'

/**
 * Merges a later file into an earlier one, as the Compose Specification does (13-merge). Mappings are merged, lists are
 * appended, and any other value is replaced. A later null keeps the earlier value. `x-` keys are replaced whole.
 * Duplicate ports are found later, when they are read: `80:80` and `{target: 80, published: 80}` are one.
 *
 * @param path - the keys from the top of the file to this part
 */
export const mergeTrees = (base: Tree, over: Tree, path: readonly string[] = []): Tree => {
  if (over.tag !== null || base.tag === 'reset') return over
  if (over.kind === 'scalar' && over.isNull) return base
  const [below, above] = isServiceNetworks(path) ? [asNetworkMap(base), asNetworkMap(over)] : [base, over]
  if (below.kind === 'map' && above.kind === 'map') return mergeMaps(below, above, path)
  if (below.kind === 'list' && above.kind === 'list')
    return isIpamConfig(path) ? mergeSubnets(below, above, path) : appendLists(below, above)
  return above
}

/** Keeps the order of the files: duplicate ports are found only when the ports are read. */
const appendLists = (below: ListTree, above: ListTree): ListTree => {
  const seam = below.items.length
  return {
    ...above,
    items: [...below.items, ...above.items],
    seams: [...(below.seams ?? []), seam, ...(above.seams ?? []).map((at) => at + seam)],
  }
}

const mergeMaps = (base: MapTree, over: MapTree, path: readonly string[]): MapTree => {
  const entries = new Map<string, Entry>(base.entries)
  for (const [key, entry] of over.entries) {
    const known = entries.get(key)
    const value =
      known === undefined || key.startsWith('x-')
        ? entry.value
        : mergeTrees(known.value, entry.value, [...path, key])
    entries.set(key, { keyPlace: value === known?.value ? known.keyPlace : entry.keyPlace, value })
  }
  return { ...over, entries }
}

const isServiceNetworks = ([top, , third, ...rest]: readonly string[]): boolean =>
  top === 'services' && third === 'networks' && rest.length === 0

const isIpamConfig = ([top, , third, fourth, ...rest]: readonly string[]): boolean =>
  top === 'networks' && third === 'ipam' && fourth === 'config' && rest.length === 0

/** `[front, back]` means `{front: , back: }`. One file may use one form, and the next file the other. */
const asNetworkMap = (tree: Tree): Tree => {
  if (tree.kind !== 'list') return tree
  const entries = new Map<string, Entry>()
  for (const item of tree.items) {
    if (item.kind !== 'scalar') return tree
    const nothing: Tree = {
      kind: 'scalar',
      text: '',
      isNull: true,
      place: item.place,
      inset: null,
      tag: item.tag,
    }
    entries.set(item.text, { keyPlace: item.place, value: nothing })
  }
  return { kind: 'map', entries, place: tree.place, tag: tree.tag }
}

/**
 * The later list replaces the earlier one. An entry for the same subnet is merged over the earlier entry (compose-go,
 * override/merge.go `mergeIPAMConfig`).
 */
const mergeSubnets = (base: ListTree, over: ListTree, path: readonly string[]): ListTree => ({
  ...over,
  items: over.items.map((item) => {
    const subnet = subnetText(item)
    const known = subnet === null ? undefined : base.items.find((other) => subnetText(other) === subnet)
    return known === undefined ? item : mergeTrees(known, item, [...path, '[]'])
  }),
})

const subnetText = (tree: Tree): string | null => {
  const subnet = tree.kind === 'map' ? tree.entries.get('subnet')?.value : undefined
  return subnet?.kind === 'scalar' ? subnet.text : null
}
