import { formatPrefix, type Prefix } from '@portolan/netfilter'
import type { BlockObstacle, Overlap, Rejection } from '../pool/index.ts'
import { unusableRange } from '../pool/unusable-range.ts'

/** Finds what is in the way of blocks, and collects it. */
export interface SkippedBlocks {
  /** The obstacle of a block; null: there is none. */
  readonly obstacle: (block: Prefix) => Rejection | null
  /** Counts more blocks that were passed over because of an obstacle. */
  readonly pass: (rejection: Rejection, more: bigint) => void
  /** One rejection for each obstacle. */
  readonly list: () => readonly Rejection[]
}

export const skippedBlocks = (avoid: BlockObstacle | undefined): SkippedBlocks => {
  const found = new Map<string, Rejection>()
  // A block may be asked about twice: as one that the host had, and in its turn. It is counted once.
  const asked = new Set<string>()
  const add = (rejection: Rejection, candidates: number): void => {
    const known = found.get(rejection.overlaps)
    found.set(
      rejection.overlaps,
      known === undefined
        ? { ...rejection, candidates }
        : { ...known, candidates: known.candidates + candidates },
    )
  }
  return {
    obstacle: (block) => {
      const candidate = formatPrefix(block)
      const collision = unusable(block) ?? avoid?.(candidate) ?? null
      if (collision === null) return null
      const { kind, overlaps, detail } = collision
      const rejection: Rejection = { candidate, candidates: 1, kind, overlaps, detail }
      if (!asked.has(candidate)) add(rejection, 1)
      asked.add(candidate)
      return rejection
    },
    pass: (rejection, more) => add(rejection, Number(more)),
    list: () => [...found.values()],
  }
}

/** Refuses unusable addresses. Earlier versions accepted pools of such addresses. */
const unusable = (block: Prefix): Overlap | null => {
  const overlaps = unusableRange(block)
  return overlaps === null
    ? null
    : { kind: 'reserved', overlaps, detail: `no container network can have addresses of ${overlaps}` }
}
