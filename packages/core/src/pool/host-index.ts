import type { HostFacts } from '../facts/index.ts'
import { type BlockIndexes, indexBlocks } from './block-index.ts'
import { type BridgeApart, hostReservations } from './host-reservations.ts'

/**
 * What a host reserves, ready to be asked. Building it reads every route once; each pick after that is a few
 * binary searches.
 * @public @since 0.1.0
 */
export interface HostIndex {
  readonly kind: 'host-index'
  /** @internal */
  readonly blocks: BlockIndexes
  /** @internal */
  readonly bridges: readonly BridgeApart[]
  readonly machineId: string
}

/**
 * Indexes what a host reserves, for planning more than once.
 *
 * @param bridges - names of bridges of external networks: what is theirs does not count against their network
 * @throws ParseError when an address, route or subnet of the facts cannot be read
 * @example
 * planSubnets(indexHost(facts), [{ network: 'web', family: 'ip' }])
 * @public @since 0.1.0
 */
export const indexHost = (facts: HostFacts, bridges: Iterable<string> = []): HostIndex => {
  const found = hostReservations(facts, new Set(bridges))
  return {
    kind: 'host-index',
    blocks: indexBlocks(found.reservations),
    bridges: found.bridges,
    machineId: facts.machineId ?? '',
  }
}
