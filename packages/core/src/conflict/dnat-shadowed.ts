import type { Conflict } from './conflict.ts'
import { called, callers, culpritName, goElsewhere, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * Somebody earlier translates the packet, and the first binding of a flow wins (net/netfilter/nf_nat_core.c).
 * @internal
 */
export const dnatShadowed = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `Packets of ${callers(finding)} for ${called(finding)} ${goElsewhere(finding)} instead: ${culpritName(finding)} comes first.`,
    otherwise: 'Publish on another host port, or take away what comes first.',
  })
