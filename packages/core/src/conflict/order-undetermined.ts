import { cause } from './cause.ts'
import type { Conflict } from './conflict.ts'
import { receiver, senders } from './effect.ts'
import { ruleConflict, type ToldFinding } from './rule-conflict.ts'

/**
 * Two chains of equal priority disagree. The kernel runs the one first that was registered last, and does not show the
 * order; a program that reloads later goes first (net/netfilter/core.c, `nf_hook_entries_grow`).
 * @internal
 */
export const orderUndetermined = (finding: ToldFinding): Conflict =>
  ruleConflict(finding, {
    message: `${receiver(finding)} may not be reachable from ${senders(finding)}. Two chains share one priority and disagree about these packets. The kernel does not show which runs first. ${cause(finding, 'acts on the packets in one of the orders', 'acts on the packets in one of the orders')}`,
    otherwise: 'Give one of the chains another priority.',
  })
