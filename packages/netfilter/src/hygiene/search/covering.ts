import { type Box, type Domains, type Region, subtractBox } from './box.ts'
import type { BoxIndex, Entry, Stretch } from './box-index.ts'
import type { PickPacket } from './rare-values.ts'

/** After this many steps, a region counts as not covered. Only a chain made for this purpose gets so far. */
const MOST_STEPS = 1500

/**
 * Finds the boxes that together contain all of a region; null: some packet of the region is in no box.
 *
 * The search looks for such a packet. It picks one, and if a box contains it, goes on with the rest of the region
 * outside this box. So a region that is not covered costs one or two packets, however long the chain is.
 */
export const findCovering = <E extends Entry>(
  region: Region,
  index: BoxIndex<E>,
  stretch: Stretch,
  pick: PickPacket,
  domains: Domains,
): readonly E[] | null => {
  const left = [...region]
  const used = new Set<E>()
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const piece = left.pop()
    if (piece === undefined) return [...used].sort((a, b) => a.at - b.at)
    const entry = index.firstAt(pick(piece), stretch)
    if (entry === null) return null
    used.add(entry)
    left.push(...subtractBox(piece, entry.box, domains))
  }
  return null
}

/** Whether these boxes together contain all of a region. */
export const isCovered = (region: Region, boxes: readonly Box[], domains: Domains): boolean => {
  let left = region
  for (const box of boxes) {
    if (left.length === 0 || left.length > MOST_STEPS) break
    left = left.flatMap((piece) => subtractBox(piece, box, domains))
  }
  return left.length === 0
}
