import type { Conflict, Culprit } from '@portolan/core'

/** What makes two conflicts that were found one after the other the same one: its words may change meanwhile. */
export const conflictIdentity = ({ kind, severity, mapping, network, culprit }: Conflict): string =>
  JSON.stringify([kind, severity, mapping, network, culprit?.table, culprit?.chain, causeOf(culprit)])

/** Of a block of a cluster its range: which host has it changes, and what is wrong stays the same. */
const causeOf = (culprit: Culprit | null): string | undefined =>
  (culprit?.tool === 'cluster' ? /[\da-f.:]+\/\d+/.exec(culprit.text)?.[0] : undefined) ?? culprit?.text
