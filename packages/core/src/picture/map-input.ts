import type { Family } from '@portolan/netfilter'
import type { Pool, SubnetPlan, SubnetPlanOptions } from '../pool/index.ts'
import type { Rejection } from '../pool/rejection.ts'

/**
 * What a picture shows: a question to `planSubnets` and its answer.
 * @public @since 0.1.0
 */
export interface MapInput {
  readonly family: Family
  /** The prefix length that was asked for; null: the length that each pool sets. */
  readonly size: number | null
  readonly pools: readonly Pool[]
  readonly options: SubnetPlanOptions
  /** How many subnets were asked for. */
  readonly asked: number
  /** The picked subnets; empty: fewer were free than were asked for. */
  readonly subnets: readonly SubnetPlan[]
  /** The subnets passed over, from PoolExhaustedError, when fewer were free. Otherwise `subnets` has them. */
  readonly rejected: readonly Rejection[]
  /** The number of parts that a row is cut into, a power of two. Each part is one cell. */
  readonly cells: number
}
