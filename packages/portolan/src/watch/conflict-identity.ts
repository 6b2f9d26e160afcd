import type { Conflict } from '@portolan/core'

/** What makes two conflicts that were found one after the other the same one: its words may change meanwhile. */
export const conflictIdentity = ({ kind, severity, mapping, network, culprit }: Conflict): string =>
  JSON.stringify([kind, severity, mapping, network, culprit?.table, culprit?.chain, culprit?.text])
