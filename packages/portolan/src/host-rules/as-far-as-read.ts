import type { Outcome, Packet } from '@portolan/netfilter'
import type { HostRules } from './host-rules.ts'

/**
 * An outcome as it may be told when not all rules could be read: a hidden one may come first, and drop the packet or
 * send it elsewhere, so nothing of that family is certain.
 * @internal
 */
export const asFarAsRead = (
  { family }: Packet,
  outcome: Outcome,
  { hidden = [] }: Pick<HostRules, 'hidden'>,
): Outcome => (hidden.includes(family) ? { ...outcome, certainty: 'possible' } : outcome)
