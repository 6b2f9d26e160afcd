import { type Box, type Domains, type Region, subtractBox } from './box.ts'
import type { BoxIndex, Entry, Stretch } from './box-index.ts'
import type { PickPacket } from './rare-values.ts'

/** Beyond this many steps a region is taken as not covered: only a chain made for it comes here. */
const MOST_STEPS = 1500

/**
 * The boxes that together hold all of a region; null when some packet of it is in none.
 *
 * It looks for that packet: picks one, and if a box holds it, goes on with what the box leaves of the region. So a
 * region that is not covered costs one or two packets, however long the chain is.
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

/** Do these boxes hold all of a region? */
export const isCovered = (region: Region, boxes: readonly Box[], domains: Domains): boolean => {
  let left = region
  for (const box of boxes) {
    if (left.length === 0 || left.length > MOST_STEPS) break
    left = left.flatMap((piece) => subtractBox(piece, box, domains))
  }
  return left.length === 0
}
