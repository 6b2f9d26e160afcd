/** A node of an AVL tree; null is the empty tree. */
interface Node<Value> {
  readonly key: string
  readonly value: Value
  readonly left: Node<Value> | null
  readonly right: Node<Value> | null
  readonly height: number
}

/**
 * An immutable map from text to values, in the order of the keys' code units. A change copies one path, and the map
 * before it stays as it was. So ten thousand single leases cost as much as one batch.
 * @internal
 */
export type SortedMap<Value> = Node<Value> | null

const heightOf = <Value>(tree: SortedMap<Value>): number => tree?.height ?? 0

const join = <Value>(
  left: SortedMap<Value>,
  { key, value }: Pick<Node<Value>, 'key' | 'value'>,
  right: SortedMap<Value>,
): Node<Value> => ({
  key,
  value,
  left,
  right,
  height: 1 + Math.max(heightOf(left), heightOf(right)),
})

/** Joins two trees whose heights differ by 2 at most: the rotations of Adelson-Velsky and Landis (1962). */
const balance = <Value>(
  left: SortedMap<Value>,
  middle: Pick<Node<Value>, 'key' | 'value'>,
  right: SortedMap<Value>,
): Node<Value> => {
  const lean = heightOf(left) - heightOf(right)
  if (lean > 1 && left !== null) {
    const { right: inner } = left
    if (heightOf(left.left) >= heightOf(inner) || inner === null)
      return join(left.left, left, join(inner, middle, right))
    return join(join(left.left, left, inner.left), inner, join(inner.right, middle, right))
  }
  if (lean < -1 && right !== null) {
    const { left: inner } = right
    if (heightOf(right.right) >= heightOf(inner) || inner === null)
      return join(join(left, middle, inner), right, right.right)
    return join(join(left, middle, inner.left), inner, join(inner.right, right, right.right))
  }
  return join(left, middle, right)
}

/** @internal */
export const valueAt = <Value>(map: SortedMap<Value>, key: string): Value | null => {
  let at = map
  while (at !== null) {
    if (key === at.key) return at.value
    at = key < at.key ? at.left : at.right
  }
  return null
}

/** @internal */
export const withValue = <Value>(map: SortedMap<Value>, key: string, value: Value): SortedMap<Value> => {
  if (map === null) return join(null, { key, value }, null)
  if (key === map.key) return join(map.left, { key, value }, map.right)
  return key < map.key
    ? balance(withValue(map.left, key, value), map, map.right)
    : balance(map.left, map, withValue(map.right, key, value))
}

const least = <Value>(map: Node<Value>): Node<Value> => (map.left === null ? map : least(map.left))

/** @internal */
export const withoutKey = <Value>(map: SortedMap<Value>, key: string): SortedMap<Value> => {
  if (map === null) return null
  if (key < map.key) return balance(withoutKey(map.left, key), map, map.right)
  if (key > map.key) return balance(map.left, map, withoutKey(map.right, key))
  if (map.left === null || map.right === null) return map.left ?? map.right
  const next = least(map.right)
  return balance(map.left, next, withoutKey(map.right, next.key))
}

/**
 * The entries whose keys begin with a text, in order.
 * @internal
 */
export const entriesUnder = <Value>(
  map: SortedMap<Value>,
  prefix: string,
): readonly (readonly [key: string, value: Value])[] => {
  const found: (readonly [string, Value])[] = []
  const visit = (at: SortedMap<Value>): void => {
    if (at === null) return
    // Keys with the prefix stand together, right after all keys that are less than the prefix.
    const isUnder = at.key.startsWith(prefix)
    if (at.key >= prefix) visit(at.left)
    if (isUnder) found.push([at.key, at.value])
    if (isUnder || at.key < prefix) visit(at.right)
  }
  visit(map)
  return found
}

/**
 * The first entry after a key; null after the last.
 * @internal
 */
export const entryAfter = <Value>(
  map: SortedMap<Value>,
  key: string,
): readonly [key: string, value: Value] | null => {
  let found: Node<Value> | null = null
  let at = map
  while (at !== null) {
    if (at.key > key) {
      found = at
      at = at.left
    } else at = at.right
  }
  return found === null ? null : [found.key, found.value]
}

/**
 * Builds a map from entries that are already in order, each key once.
 * @internal
 */
export const fromSorted = <Value>(entries: readonly (readonly [string, Value])[]): SortedMap<Value> => {
  const build = (from: number, to: number): SortedMap<Value> => {
    const middle = (from + to) >> 1
    const entry = from < to ? entries[middle] : undefined
    if (entry === undefined) return null
    return join(build(from, middle), { key: entry[0], value: entry[1] }, build(middle + 1, to))
  }
  return build(0, entries.length)
}
