/** One step along two lists: an item of both, of the old one only, or of the new one only. */
export interface MergeStep<T> {
  readonly of: 'both' | 'old' | 'new'
  readonly item: T
}

/**
 * The largest product of lengths that is compared. Beyond it the middle is replaced as a whole. Our chains are short; a
 * chain that another program filled may be long.
 */
const tooLarge = 4_000_000

/**
 * Merges two lists into one that holds both in their own order and shares as many items as possible. Between the common
 * head and the common tail it finds a longest common subsequence.
 */
export const mergeLists = <T>(
  before: readonly T[],
  after: readonly T[],
  key: (item: T) => string,
): readonly MergeStep<T>[] => {
  // A new chain is all new, so none of its ten thousand keys is made.
  if (before.length === 0) return after.map((item) => ({ of: 'new', item }))
  const olds = before.map(key)
  const news = after.map(key)
  let head = 0
  while (head < olds.length && head < news.length && olds[head] === news[head]) head += 1
  let tail = 0
  while (
    tail < olds.length - head &&
    tail < news.length - head &&
    olds[olds.length - 1 - tail] === news[news.length - 1 - tail]
  ) {
    tail += 1
  }
  const both = (items: readonly T[]): readonly MergeStep<T>[] => items.map((item) => ({ of: 'both', item }))
  return [
    ...both(after.slice(0, head)),
    ...middle(
      { items: before.slice(head, before.length - tail), keys: olds.slice(head, olds.length - tail) },
      { items: after.slice(head, after.length - tail), keys: news.slice(head, news.length - tail) },
    ),
    ...both(after.slice(after.length - tail)),
  ]
}

interface Keyed<T> {
  readonly items: readonly T[]
  readonly keys: readonly string[]
}

const middle = <T>(before: Keyed<T>, after: Keyed<T>): readonly MergeStep<T>[] => {
  const rows = before.keys.length
  const columns = after.keys.length
  const steps: MergeStep<T>[] = []
  const only = (of: 'old' | 'new', items: readonly T[]): void => {
    for (const item of items) steps.push({ of, item })
  }
  if (rows === 0 || columns === 0 || rows * columns > tooLarge) {
    only('new', after.items)
    only('old', before.items)
    return steps
  }
  // lengths[row * width + column] is the length of the longest common subsequence from `row` and `column` on.
  const width = columns + 1
  const lengths = new Uint32Array((rows + 1) * width)
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        before.keys[row] === after.keys[column]
          ? (lengths[(row + 1) * width + column + 1] ?? 0) + 1
          : Math.max(lengths[(row + 1) * width + column] ?? 0, lengths[row * width + column + 1] ?? 0)
    }
  }
  let row = 0
  let column = 0
  while (row < rows && column < columns) {
    if (before.keys[row] === after.keys[column]) {
      for (const item of after.items.slice(column, column + 1)) steps.push({ of: 'both', item })
      row += 1
      column += 1
    } else if ((lengths[(row + 1) * width + column] ?? 0) > (lengths[row * width + column + 1] ?? 0)) {
      only('old', before.items.slice(row, row + 1))
      row += 1
    } else {
      only('new', after.items.slice(column, column + 1))
      column += 1
    }
  }
  only('new', after.items.slice(column))
  only('old', before.items.slice(row))
  return steps
}
