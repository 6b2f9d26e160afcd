import type { SourcePosition } from '@portolan/netfilter'
import type { ReachableIntent } from './reachable.ts'

/**
 * One replica of one service on one network.
 * @public @since 0.1.0
 */
export interface EndpointIntent {
  readonly service: string
  /** Counts from 1. */
  readonly replica: number
  readonly network: string
  /** A static address, or null. */
  readonly ip: string | null
  readonly ip6: string | null
  readonly mac: string | null
  /** Sources that reach the endpoint on its own address; absent: only those that its network lets in. */
  readonly reachableFrom?: readonly ReachableIntent[]
  readonly place: SourcePosition | null
}
