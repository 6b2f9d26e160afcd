import type { Conflict } from './conflict.ts'
import { called, callers, culpritName, ruleConflict } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'

/**
 * Two chains of equal priority disagree, and which of them runs first is not to be seen from outside: the one that was
 * registered last, and whoever reloads later takes over (net/netfilter/core.c, `nf_hook_entries_grow`).
 * @internal
 */
export const orderUndetermined = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `Whether flows of ${callers(finding)} reach ${called(finding)} hangs on the order of chains of equal priority, which nobody can see: ${culpritName(finding)} acts in one of the orders.`,
    otherwise: 'Give one of the chains another priority.',
  })
