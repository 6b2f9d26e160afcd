/**
 * A field's value with an order: a number, a bigint (IPv6 address), or a name. All values of one field have one type.
 */
export type Bound = number | bigint | string

/** From `from` to just before `to`. */
export interface Span {
  readonly from: Bound
  readonly to: Bound
}

/**
 * A set of values: sorted spans that neither overlap nor touch.
 *
 *     |--from..to--)     |--from..to--)
 *
 * Names are ordered as text, so that all that begin with `eth` are one span too, from `eth` to just before `eti`.
 */
export type Spans = readonly Span[]

/** The next value. For a text, it is the same text with the lowest of all characters behind it. */
export const after = (value: Bound): Bound =>
  typeof value === 'number' ? value + 1 : typeof value === 'bigint' ? value + 1n : `${value}\u0000`

/** A value behind every name. */
export const lastName = '\uffff'

/** The span of all names that begin with a text. */
export const beginningWith = (start: string): Span => ({
  from: start,
  to:
    start === ''
      ? lastName
      : start.slice(0, -1) + String.fromCharCode(start.charCodeAt(start.length - 1) + 1),
})

const order = (a: Bound, b: Bound): number => (a < b ? -1 : a > b ? 1 : 0)

/** Makes a set of any spans, in any order. */
export const joinSpans = (spans: Spans): Spans => {
  if (spans.length < 2) return spans
  const joined: { from: Bound; to: Bound }[] = []
  for (const { from, to } of spans.toSorted((a, b) => order(a.from, b.from))) {
    const before = joined.at(-1)
    if (before === undefined || from > before.to) joined.push({ from, to })
    else if (to > before.to) before.to = to
  }
  return joined
}

/** The index of the first span that ends behind a value. Only this span can have the value. */
const firstEndingBehind = (spans: Spans, value: Bound): number => {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const span = spans[middle]
    if (span !== undefined && span.to <= value) low = middle + 1
    else high = middle
  }
  return low
}

export const hasValue = (spans: Spans, value: Bound): boolean => {
  const span = spans[firstEndingBehind(spans, value)]
  return span !== undefined && span.from <= value
}

/** The values of both sets. */
export const intersectSpans = (a: Spans, b: Spans): Spans => {
  if (a === b) return a
  if (a.length > b.length) return intersectSpans(b, a)
  const common: Span[] = []
  for (const { from, to } of a) {
    for (let at = firstEndingBehind(b, from); at < b.length; at += 1) {
      const other = b[at]
      if (other === undefined || other.from >= to) break
      common.push({
        from: order(other.from, from) > 0 ? other.from : from,
        to: order(other.to, to) < 0 ? other.to : to,
      })
    }
  }
  return common
}

export const overlapSpans = (a: Spans, b: Spans): boolean => {
  if (a === b) return a.length > 0
  if (a.length > b.length) return overlapSpans(b, a)
  return a.some(({ from, to }) => {
    const other = b[firstEndingBehind(b, from)]
    return other !== undefined && other.from < to
  })
}

/** The values of `a` that `b` lacks. */
export const subtractSpans = (a: Spans, b: Spans): Spans => {
  const left: Span[] = []
  for (const { from, to } of a) {
    let start = from
    for (let at = firstEndingBehind(b, from); at < b.length; at += 1) {
      const other = b[at]
      if (other === undefined || other.from >= to) break
      if (other.from > start) left.push({ from: start, to: other.from })
      start = other.to
    }
    if (start < to) left.push({ from: start, to })
  }
  return left
}

/** Whether `b` has all values of `a`. */
export const spansWithin = (a: Spans, b: Spans): boolean =>
  a === b ||
  a.every(({ from, to }) => {
    const other = b[firstEndingBehind(b, from)]
    return other !== undefined && other.from <= from && to <= other.to
  })
