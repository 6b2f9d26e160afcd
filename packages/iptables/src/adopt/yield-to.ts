import type { PlacedRule } from '../compile/parts.ts'
import { socketOf } from './place.ts'

/** My rules without those for a socket that another project's rules hold already. */
export const yieldTo = (
  theirs: readonly PlacedRule[],
  mine: readonly PlacedRule[],
): readonly PlacedRule[] => {
  const held = new Set(theirs.flatMap((placed) => socketOf(placed) ?? []))
  if (held.size === 0) return mine
  return mine.filter((placed) => {
    const socket = socketOf(placed)
    return socket === null || !held.has(socket)
  })
}
