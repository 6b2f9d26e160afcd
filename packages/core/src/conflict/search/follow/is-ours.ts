import { ownerOf } from '@portolan/netfilter'
import type { TraceStep } from '@portolan/netfilter/analysis'

/** Whether a rule or a policy of Portolan acted. */
export const isOurs = ({ table, chain, rule }: TraceStep): boolean =>
  table !== null && chain !== null && ownerOf(table, chain, rule) === 'portolan'
