import type { Conflict } from '@portolan/core'

/**
 * What makes two conflicts the same one: its words may differ. Which host has a block of a cluster changes, and what is
 * wrong stays the same.
 */
export const conflictIdentity = ({ kind, severity, mapping, network, prefix, culprit }: Conflict): string => {
  const cause = culprit?.tool === 'cluster' ? null : culprit
  return JSON.stringify([kind, severity, mapping, network, prefix, cause?.table, cause?.chain, cause?.text])
}
