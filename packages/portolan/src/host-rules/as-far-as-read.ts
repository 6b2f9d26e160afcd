import type { Outcome, Packet } from '@portolan/netfilter'
import type { HostRules } from './host-rules.ts'

/**
 * Lowers the certainty of an outcome to `possible` where not all rules of its family could be read. A hidden rule may
 * come first, and drop the packet or send it elsewhere.
 * @internal
 */
export const asFarAsRead = (
  { family }: Packet,
  outcome: Outcome,
  { hidden = [] }: Pick<HostRules, 'hidden'>,
): Outcome => (hidden.includes(family) ? { ...outcome, certainty: 'possible' } : outcome)
