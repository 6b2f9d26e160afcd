import type { Family } from '@portolan/netfilter'
import type { Pool, SubnetPlan, SubnetPlanOptions } from '../pool/index.ts'
import type { Rejection } from '../pool/rejection.ts'

/**
 * What a picture is to show: an answer of `planSubnets`, and what was asked.
 * @public @since 0.1.0
 */
export interface MapInput {
  readonly family: Family
  /** Prefix length that was asked for; null: as the pools have it. */
  readonly size: number | null
  readonly pools: readonly Pool[]
  readonly options: SubnetPlanOptions
  /** How many subnets were asked for. */
  readonly asked: number
  /** What was picked; empty when fewer were free. */
  readonly subnets: readonly SubnetPlan[]
  /** What was passed over when fewer were free, from PoolExhaustedError; else it is in `subnets`. */
  readonly rejected: readonly Rejection[]
  /** Into how many parts a row is cut, a power of two; as many as are drawn. */
  readonly cells: number
}
