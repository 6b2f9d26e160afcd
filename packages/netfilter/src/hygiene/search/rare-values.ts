import type { Box, Domains } from './box.ts'
import type { Point } from './box-index.ts'
import { SliceCounter, type Slices, sliceAt } from './slices.ts'
import type { Bound, Span, Spans } from './spans.ts'

/** Picks a packet of a box that few rules match: this is the packet that rules most likely miss. */
export type PickPacket = (box: Box) => Point

/** The most spans that are searched of a set. */
const MOST_SPANS = 16

const empty: Span = { from: 0, to: 0 }

export const rarePackets = (boxes: Iterable<Box>, domains: Domains): PickPacket => {
  const counters = new Map<string, SliceCounter>()
  for (const [dimension, spans] of domains) {
    const counter = new SliceCounter()
    counter.add(spans)
    counters.set(dimension, counter)
  }
  for (const box of boxes) for (const [dimension, spans] of box) counters.get(dimension)?.add(spans)
  const rarest = new Map<string, RarestIn>()
  for (const [dimension, counter] of counters)
    rarest.set(dimension, remembering(rarestIn(counter.cut()), domains.get(dimension) ?? nothing))
  // Values are computed when they are needed: most values of a packet are not.
  return (box) => (dimension) => rarest.get(dimension)?.(box.get(dimension))
}

const nothing: Spans = []

/** Keeps the picked values: a box gives its packet again and again. */
const remembering = (rarest: (spans: Spans) => Bound | undefined, domain: Spans): RarestIn => {
  const known = new Map<Spans, Bound | undefined>()
  const pick = (spans: Spans): Bound | undefined => {
    const before = known.get(spans)
    if (before !== undefined || known.has(spans)) return before
    const value = rarest(spans)
    known.set(spans, value)
    return value
  }
  return (spans) => (spans === undefined ? undefined : pick(spans)) ?? pick(domain)
}

/** The rarest value of a set, or of all values. */
type RarestIn = (spans: Spans | undefined) => Bound | undefined

/** Finds the slice with the fewest spans between two others, with a binary tree of least slices. */
const rarestIn = ({ starts, counts }: Slices): ((spans: Spans) => Bound | undefined) => {
  const size = starts.length
  const least = new Int32Array(2 * size)
  const rarer = (a: number, b: number): number =>
    a < 0 ? b : b < 0 || (counts[a] ?? 0) <= (counts[b] ?? 0) ? a : b
  for (let slice = 0; slice < size; slice += 1) least[size + slice] = slice
  for (let node = size - 1; node >= 1; node -= 1)
    least[node] = rarer(least[2 * node] ?? -1, least[2 * node + 1] ?? -1)
  const between = (first: number, last: number): number => {
    let found = -1
    for (let low = first + size, high = last + 1 + size; low < high; low >>>= 1, high >>>= 1) {
      if (low % 2 === 1) found = rarer(found, least[low++] ?? -1)
      if (high % 2 === 1) found = rarer(found, least[--high] ?? -1)
    }
    return found
  }
  return (spans) => {
    let best = -1
    let value = spans[0]?.from
    for (let at = 0; at < spans.length && at < MOST_SPANS; at += 1) {
      const { from, to } = spans[at] ?? empty
      const first = Math.max(0, sliceAt(starts, from))
      const end = sliceAt(starts, to)
      // A slice that begins at the end of the span is not in the span.
      const last = end > first && starts[end] === to ? end - 1 : Math.max(first, end)
      const found = between(first, last)
      if (best >= 0 && rarer(best, found) === best) continue
      best = found
      const start = starts[found]
      value = start === undefined || start < from ? from : start
    }
    return value
  }
}
