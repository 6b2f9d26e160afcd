import type { Conflict } from '../conflict.ts'
import { type Overlapped, overlapText } from './subnet-overlap.ts'

/** A conflict of one subnet of a network, with what the subnet collides with. */
export interface FoundOverlap {
  readonly conflict: Conflict
  readonly subnet: string
  readonly overlapped: readonly Overlapped[]
}

/**
 * Merges the conflicts of a network's two families with the blocks of a cluster into one, if both have the same remedy.
 * One move settles both.
 *
 * @param isTogether - whether a conflict may be merged
 */
export const withBothFamilies = (
  found: readonly FoundOverlap[],
  isTogether: (conflict: Conflict) => boolean,
): readonly Conflict[] => {
  const isSame = ({ conflict: one }: FoundOverlap, { conflict: other }: FoundOverlap): boolean =>
    one.network === other.network &&
    isTogether(one) &&
    isTogether(other) &&
    one.severity === other.severity &&
    one.remedy.text === other.remedy.text
  return found.flatMap((first): readonly Conflict[] => {
    const group = found.filter((one) => one === first || isSame(one, first))
    if (group[0] !== first) return []
    const { prefix: _prefix, ...conflict } = first.conflict
    if (group.length === 1 || conflict.network === null) return [first.conflict]
    const commands = [...new Set(group.flatMap((one) => one.conflict.remedy.commands))]
    return [
      {
        ...conflict,
        message: overlapText(conflict.network, group),
        remedy: { ...conflict.remedy, commands },
      },
    ]
  })
}
