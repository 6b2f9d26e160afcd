/**
 * Data as JSON that holds equal parts once. The rules of a host repeat the same match thousands of times, and a report
 * holds the rules twice: as they are, and as they will be.
 */
export interface PackedData {
  /** The parts that are used more than once. Each refers to earlier parts only. */
  readonly shared: readonly unknown[]
  readonly root: unknown
}

/** A reference to a shared part, a bigint, or an object whose own keys could be taken for such a token. */
type Token =
  | { readonly $: number }
  | { readonly $n: string }
  | { readonly $o: readonly (readonly [string, unknown])[] }

/** A value that is neither a list nor an object, or the place of a list or an object. */
type Leaf = string | number | bigint | boolean | null | Place

class Place {
  readonly at: number

  constructor(at: number) {
    this.at = at
  }
}

/** A list, or with `keys` an object. */
interface Part {
  readonly keys: readonly string[] | null
  readonly values: readonly Leaf[]
  /**
   * The part is told from others by its identity. So it is not joined with an equal part, and all its uses stay one
   * object.
   */
  readonly isItself: boolean
  uses: number
}

/**
 * Packs data of objects, lists, texts, numbers, bigints, booleans and null. Keys with the value undefined are left out.
 * Each property is read once, because a property of a rule may make a new value at each reading.
 * @example
 * unpackData(packData({ from: 1n, to: 1n })) // { from: 1n, to: 1n }
 */
export const packData = (data: unknown): PackedData => {
  const parts: Part[] = []
  const byText = new Map<string, number>()
  const known = new Map<object, number>()
  const leafOf = (value: unknown): Leaf => {
    if (typeof value !== 'object' || value === null) return value as Exclude<Leaf, Place>
    const at = known.get(value) ?? placeOf(value)
    known.set(value, at)
    const part = parts[at]
    if (part !== undefined) part.uses += 1
    return new Place(at)
  }
  const placeOf = (value: object): number => {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
    const keys = Array.isArray(value) ? null : entries.map(([key]) => key)
    const values = (Array.isArray(value) ? value : entries.map(([, inner]) => inner)).map((inner) =>
      leafOf(inner ?? null),
    )
    const isItself = keys?.some((key) => key === 'chains' || key === 'base') === true
    const text = `${JSON.stringify(keys)}${values.map(leafText).join()}`
    const same = isItself ? undefined : byText.get(text)
    if (same !== undefined) return same
    byText.set(text, parts.length)
    return parts.push({ keys, values, isItself, uses: 0 }) - 1
  }
  return written(leafOf(data), parts)
}

const leafText = (leaf: Leaf): string => {
  if (leaf instanceof Place) return `#${leaf.at}`
  return typeof leaf === 'bigint' ? `${leaf}n` : JSON.stringify(leaf)
}

/** A list or an object of fewer characters than this is repeated, because a reference would save nothing. */
const fewest = 24

const written = (root: Leaf, parts: readonly Part[]): PackedData => {
  const shared: unknown[] = []
  const tokens = new Map<number, unknown>()
  const write = (leaf: Leaf): unknown => {
    if (typeof leaf === 'bigint') return { $n: String(leaf) } satisfies Token
    if (!(leaf instanceof Place)) return leaf
    const part = parts[leaf.at]
    if (part === undefined || tokens.has(leaf.at)) return tokens.get(leaf.at)
    const inner = writeInner(part)
    const isShared = part.uses > 1 && (part.isItself || JSON.stringify(inner).length >= fewest)
    const token = isShared ? ({ $: shared.push(inner) - 1 } satisfies Token) : inner
    tokens.set(leaf.at, token)
    return token
  }
  const writeInner = ({ keys, values }: Part): unknown => {
    if (keys === null) return values.map(write)
    const entries = values.map((leaf, at) => [keys[at] ?? '', write(leaf)] as const)
    return keys.some((key) => key.startsWith('$'))
      ? ({ $o: entries } satisfies Token)
      : Object.fromEntries(entries)
  }
  const token = write(root)
  return { shared, root: token }
}

/**
 * Unpacks data. Parts that were equal become one object.
 * @returns a value without a type: only the caller knows what was packed
 */
export const unpackData = ({ shared, root }: PackedData): unknown => {
  const made: unknown[] = []
  const read = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(read)
    if ('$n' in value) return BigInt(String(value.$n))
    if ('$' in value) return made[Number(value.$)]
    const entries = '$o' in value ? (value as Token & { $o: unknown }).$o : Object.entries(value)
    return Object.fromEntries(
      (entries as readonly (readonly [string, unknown])[]).map(([key, inner]) => [key, read(inner)]),
    )
  }
  for (const part of shared) made.push(read(part))
  return read(root)
}

const unseen = /[<>&\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/**
 * Prints JSON that may stand in a `script` element. It has no `<`, which could end the element or begin a comment. It
 * has no line separator at which older readers of JavaScript would stop. Characters that act on a terminal or hide text
 * are written out too, for a reader of the file itself.
 */
export const scriptJson = (data: unknown): string =>
  JSON.stringify(data).replace(unseen, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
