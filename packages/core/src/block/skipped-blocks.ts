import { formatPrefix, type Prefix } from '@portolan/netfilter'
import type { BlockObstacle, Overlap, Rejection } from '../pool/index.ts'
import { unusableRange } from '../pool/unusable-range.ts'

/** Asks what is in the way of blocks, and remembers it. */
export interface SkippedBlocks {
  /** What is in the way of a block; null: nothing is. */
  readonly obstacle: (block: Prefix) => Rejection | null
  /** That so many more blocks were passed over for it. */
  readonly pass: (rejection: Rejection, more: bigint) => void
  /** One for each thing that is in the way. */
  readonly list: () => readonly Rejection[]
}

export const skippedBlocks = (avoid: BlockObstacle | undefined): SkippedBlocks => {
  const found = new Map<string, Rejection>()
  // A block is asked for by what a host had, and in its turn.
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

/** Earlier versions took pools of such addresses. */
const unusable = (block: Prefix): Overlap | null => {
  const overlaps = unusableRange(block)
  return overlaps === null
    ? null
    : { kind: 'reserved', overlaps, detail: `no container network can have addresses of ${overlaps}` }
}
