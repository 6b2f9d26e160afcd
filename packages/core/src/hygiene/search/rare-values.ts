import type { Box, Domains } from './box.ts'
import type { Point } from './box-index.ts'
import { SliceCounter, type Slices, sliceAt } from './slices.ts'
import type { Bound, Spans } from './spans.ts'

/** Picks a packet out of a box: one that few rules ask for, since that is what a rule is most likely to miss. */
export type PickPacket = (box: Box) => Point

/** Of a set of many spans, so many are searched. */
const MOST_SPANS = 16

export const rarePackets = (boxes: Iterable<Box>, domains: Domains): PickPacket => {
  const counters = new Map<string, SliceCounter>()
  for (const [dimension, spans] of domains) {
    const counter = new SliceCounter()
    counter.add(spans)
    counters.set(dimension, counter)
  }
  for (const box of boxes) for (const [dimension, spans] of box) counters.get(dimension)?.add(spans)
  const rarest = new Map<string, RarestIn>()
  for (const [dimension, counter] of counters) rarest.set(dimension, rarestIn(counter.cut()))
  const pick = (dimension: string, spans: Spans): Bound | undefined => rarest.get(dimension)?.(spans)
  const usual = new Map([...domains].map(([dimension, spans]) => [dimension, pick(dimension, spans)]))
  return (box) => {
    const own = new Map<string, Bound | undefined>()
    for (const [dimension, spans] of box) own.set(dimension, pick(dimension, spans))
    return (dimension) => own.get(dimension) ?? usual.get(dimension)
  }
}

type RarestIn = (spans: Spans) => Bound | undefined

/** Finds the slice with the fewest spans over it between two others: a binary tree of least slices. */
const rarestIn = ({ starts, counts }: Slices): RarestIn => {
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
    for (const { from, to } of spans.slice(0, MOST_SPANS)) {
      const first = Math.max(0, sliceAt(starts, from))
      const end = sliceAt(starts, to)
      // Where a slice begins at the very end, it is not in the span any more.
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
