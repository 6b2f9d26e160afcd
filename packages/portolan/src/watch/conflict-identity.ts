import type { Conflict } from '@portolan/core'

/** What makes two conflicts the same one: its words may differ. */
export const conflictIdentity = ({ kind, severity, mapping, network, culprit }: Conflict): string =>
  JSON.stringify([kind, severity, mapping, network, culprit?.table, culprit?.chain, culprit?.text])

/**
 * What makes conflicts that were found one after the other the same ones. Which host has a block of a cluster changes,
 * and what is wrong stays the same: of lost blocks of one network, in both families, the first is the first again.
 */
export const conflictIdentities = (conflicts: readonly Conflict[]): ReadonlyMap<string, Conflict> => {
  const found = new Map<string, Conflict>()
  const blocks = new Map<string, number>()
  for (const conflict of conflicts) {
    if (conflict.culprit?.tool === 'cluster') {
      const identity = conflictIdentity({ ...conflict, culprit: null })
      const count = blocks.get(identity) ?? 0
      blocks.set(identity, count + 1)
      found.set(`${identity} ${count}`, conflict)
    } else found.set(conflictIdentity(conflict), conflict)
  }
  return found
}
