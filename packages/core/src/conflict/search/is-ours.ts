import { ownerOf } from '@portolan/netfilter'
import type { TraceStep } from '@portolan/netfilter/analysis'

/** Did a rule or a policy of Portolan act? */
export const isOurs = ({ table, chain, rule }: TraceStep): boolean =>
  table !== null && chain !== null && ownerOf(table, chain, rule) === 'portolan'
