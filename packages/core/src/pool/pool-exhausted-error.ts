import {
  PortolanError,
  placeText,
  type Refusal,
  type SourcePosition,
  type Wording,
} from '@portolan/netfilter'
import type { Rejection } from './rejection.ts'

/** Says what is in the way of candidates, in words for people: the first three reasons. */
export const rejectionText = (rejected: readonly Rejection[]): string => {
  const shown = rejected
    .slice(0, 3)
    .map(({ candidate, candidates, detail }) =>
      candidates === 1 ? `${candidate}: ${detail}` : `${candidate} and ${candidates - 1} more: ${detail}`,
    )
  const rest = rejected.length - shown.length
  return `${shown.join('; ')}${rest > 0 ? `; and ${rest} more ${rest === 1 ? 'reason' : 'reasons'}` : ''}`
}

/**
 * The error when no pool has a free subnet. `rejected` says what is in the way of every candidate.
 * @example
 * const facts = { routes: [{ destination: '10.200.0.0/16', interface: 'wg0' }] }
 * try {
 *   planSubnets(facts, [{ network: 'web', family: 'ip' }], [parsePool('10.200.0.0/16:24')])
 * } catch (error) {
 *   if (error instanceof PoolExhaustedError) console.log(error.rejected[0]?.overlaps) // 10.200.0.0/16
 * }
 * @public @since 0.1.0
 */
export class PoolExhaustedError extends PortolanError {
  readonly pools: readonly string[]
  readonly rejected: readonly Rejection[]

  constructor(
    network: string,
    pools: readonly string[],
    rejected: readonly Rejection[],
    place: SourcePosition | null = null,
    wording: Wording | undefined = undefined,
    /** The words of the error, in place of those about pools. */
    refusal: Refusal | null = null,
  ) {
    super(
      'POOL_EXHAUSTED',
      refusal ?? {
        problem: `${place === null ? '' : `${placeText(place)}: `}No subnet is free for network ${network} in ${pools.length === 1 ? 'pool' : 'pools'} ${pools.join(', ')} (${rejectionText(rejected)}).`,
        remedy: ({ pool }) =>
          `Name another pool (${pool.replace('{}', pools.includes('docker') ? '10.64.0.0/12:24' : 'docker')}, or for good under pools: in /etc/portolan/config.yaml), give the network a subnet, or allow a range that may be used all the same.`,
      },
      { wording },
    )
    this.pools = pools
    this.rejected = rejected
  }
}
