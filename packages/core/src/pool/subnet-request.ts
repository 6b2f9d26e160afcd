import {
  type AddressInput,
  type Family,
  inputText,
  type PrefixInput,
  type SourcePosition,
  type Wording,
} from '@portolan/netfilter'
import type { HeldBlocks } from './held-blocks.ts'
import type { Pool } from './pool.ts'
import type { Collision, Rejection } from './rejection.ts'

/**
 * One network's wish for a subnet of one family. A key that is absent or null says nothing.
 * @example
 * const request: SubnetRequest = { network: 'web', family: 'ip', size: 24 }
 * planSubnets({}, [request])[0]?.subnet // '172.17.0.0/24'
 * @public @since 0.1.0
 */
export interface SubnetRequest {
  readonly network: string
  readonly family: Family
  /** CIDR, host bits cleared: this subnet and no other. What it overlaps is reported, not refused. */
  readonly subnet?: PrefixInput | null
  /** An address inside the subnet. */
  readonly gateway?: AddressInput | null
  /** CIDR inside the subnet: endpoints get addresses from here. */
  readonly ipRange?: PrefixInput | null
  /** Prefix length of the subnet to pick. */
  readonly size?: number | null
  /** In place of the plan's pools. */
  readonly pools?: readonly Pool[] | null
  /**
   * The subnet the network has already (`172.17.42.1/16`: host bits are its gateway), which it keeps. For our own
   * bridges it is read from the facts.
   */
  readonly held?: PrefixInput | null
  /** Pick another subnet than the one the network has: what its bridge or a lease tells is in the way, not held. */
  readonly renumber?: boolean
  /** Where the network is written, for the error when nothing is free. */
  readonly place?: SourcePosition | null
  /** The interface name of an existing bridge that is not marked as ours: an external network's. */
  readonly bridge?: string | null
}

/** A request with its addresses as text. */
export interface SubnetWish extends SubnetRequest {
  readonly subnet?: string | null
  readonly gateway?: string | null
  readonly ipRange?: string | null
  readonly held?: string | null
}

const textual = ['subnet', 'gateway', 'ipRange', 'held'] as const

const isWish = (request: SubnetRequest): request is SubnetWish =>
  textual.every((key) => typeof (request[key] ?? '') === 'string')

export const wishOf = (request: SubnetRequest): SubnetWish =>
  isWish(request)
    ? request
    : ({
        ...request,
        ...Object.fromEntries(
          textual.map((key) => [key, request[key] == null ? null : inputText(request[key])]),
        ),
      } as SubnetWish)

/**
 * A subnet leased to a network, on this host or another that shares the store.
 * @public @since 0.1.0
 */
export interface SubnetLease {
  readonly project: string
  readonly network: string
  readonly subnet: string
}

/**
 * A range that is not to be handed out, and where that is written.
 * @public @since 0.1.0
 */
export interface ReservedRange {
  /** A prefix or an address. */
  readonly range: string
  /** `FILE:LINE`, for the reason of a rejection; null: the user. */
  readonly from: string | null
}

/** @public @since 0.1.0 */
export interface SubnetPlanOptions {
  /** The project of the requests; absent: none, so every bridge of ours on the host belongs to another. */
  readonly project?: string | null
  /** Bridges that the same plan removes before it creates any: their subnets are free again. */
  readonly removedBridges?: readonly string[]
  /** CIDRs (or addresses) never to hand out, whatever the host says. */
  readonly reserve?: readonly (AddressInput | PrefixInput | ReservedRange)[]
  /** CIDRs (or addresses) to take out of what the host, or a guess of ours, says is used. `reserve` wins over it. */
  readonly allow?: readonly (AddressInput | PrefixInput)[]
  /** Live leases; those of the requesting networks themselves are what they hold. */
  readonly leases?: readonly SubnetLease[]
  /**
   * Where this host is in a cluster: subnets of no other pool are picked in its blocks, and whatever is in another
   * block of the cluster collides.
   */
  readonly blocks?: HeldBlocks | null
  /** How messages name what the user may change; as the command does unless told. */
  readonly wording?: Wording
}

/**
 * The answer to one request, all texts canonical.
 * @example
 * const places = (subnets: readonly SubnetPlan[]): readonly string[] => subnets.map(({ subnet }) => subnet)
 * places(planSubnets({}, [{ network: 'web', family: 'ip' }])) // ['172.17.0.0/16']
 * @public @since 0.1.0
 */
export interface SubnetPlan {
  readonly network: string
  readonly family: Family
  readonly subnet: string
  readonly gateway: string
  /** The name of the pool it is from; null for a subnet of no pool, asked for by name. */
  readonly pool: string | null
  /** `picked` from a pool now, `held` from before, or `fixed` by the request. */
  readonly origin: 'picked' | 'held' | 'fixed'
  /** What came first in the pools and was passed over, in that order; empty unless picked. */
  readonly rejected: readonly Rejection[]
  /** What a fixed or held subnet collides with; empty when all is well, and always when picked. */
  readonly overlaps: readonly Collision[]
}
