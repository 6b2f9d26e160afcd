import type { Conflict } from '@portolan/core'

/**
 * What makes two conflicts the same one: its words may differ. Which host has a block of a cluster changes, and what is
 * wrong stays the same. One policy can drop both families, and one chain be there in both variants of iptables: each is
 * a conflict with a remedy of its own.
 */
export const conflictIdentity = (conflict: Conflict): string => {
  const { kind, severity, mapping, network, prefix, culprit, witness } = conflict
  const cause = culprit?.tool === 'cluster' ? null : culprit
  const place = [cause?.tool, cause?.family, cause?.table, cause?.chain, cause?.text]
  return JSON.stringify([kind, severity, mapping, network, prefix, witness?.family, ...place])
}
