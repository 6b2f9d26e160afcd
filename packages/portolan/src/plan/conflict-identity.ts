import type { Conflict } from '@portolan/core'

/**
 * A key that says whether two conflicts are the same, even when their messages differ. The host that has a block of a
 * cluster may change while the fault stays the same. One policy can drop both families, and one chain can exist in both
 * variants of iptables. Each of these is a conflict of its own, with its own remedy.
 */
export const conflictIdentity = (conflict: Conflict): string => {
  const { kind, severity, mapping, network, prefix, culprit, witness } = conflict
  const cause = culprit?.tool === 'cluster' ? null : culprit
  const place = [cause?.tool, cause?.family, cause?.table, cause?.chain, cause?.text]
  return JSON.stringify([kind, severity, mapping, network, prefix, witness?.family, ...place])
}
