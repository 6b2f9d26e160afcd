/** The path to a value inside another one: keys and positions. */
export type Path = readonly string[]

export interface Leaf {
  readonly path: Path
  readonly value: unknown
}

/** Every value inside a JSON value that is neither an object nor a list, with its path. */
export const leavesOf = (value: unknown, path: Path = []): readonly Leaf[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))
    : [{ path, value }]

/** A copy of the value with another leaf at a path. The result is untyped, because the leaf may break the types. */
export const withLeaf = (value: unknown, [key, ...rest]: Path, leaf: unknown): unknown => {
  if (key === undefined) return leaf
  if (Array.isArray(value)) {
    return value.map((item, index) => (String(index) === key ? withLeaf(item, rest, leaf) : item))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === key ? withLeaf(inner, rest, leaf) : inner]),
  )
}
