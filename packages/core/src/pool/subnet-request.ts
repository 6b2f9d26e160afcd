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
 * One network's request for a subnet of one family. An absent key means the same as null.
 * @example
 * const request: SubnetRequest = { network: 'web', family: 'ip', size: 24 }
 * planSubnets({}, [request])[0]?.subnet // '172.17.0.0/24'
 * @public @since 0.1.0
 */
export interface SubnetRequest {
  readonly network: string
  readonly family: Family
  /** CIDR, host bits are cleared: this subnet and no other. Overlaps are reported, not refused. */
  readonly subnet?: PrefixInput | null
  /** An address inside the subnet. */
  readonly gateway?: AddressInput | null
  /** CIDR inside the subnet: endpoints get addresses inside it. */
  readonly ipRange?: PrefixInput | null
  /** The prefix length of the subnet to pick. */
  readonly size?: number | null
  /** The pools for this request, instead of the plan's. */
  readonly pools?: readonly Pool[] | null
  /**
   * The subnet that the network has and keeps (`172.17.42.1/16`: host bits are its gateway). For our own bridges it is
   * read from the facts.
   */
  readonly held?: PrefixInput | null
  /** Pick another subnet than the present one. The subnet of its bridge or lease then blocks, and is not held. */
  readonly renumber?: boolean
  /** The place where the network is defined, for the error when no subnet is free. */
  readonly place?: SourcePosition | null
  /** The name of an existing bridge without our mark: that of an external network. */
  readonly bridge?: string | null
}

/** A request whose addresses are text. */
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
 * A range that must not be handed out, and the place that says so.
 * @public @since 0.1.0
 */
export interface ReservedRange {
  /** A prefix or an address. */
  readonly range: string
  /** `FILE:LINE`, for the reason of a rejection; null: an argument of the user. */
  readonly from: string | null
}

/** @public @since 0.1.0 */
export interface SubnetPlanOptions {
  /** The project of the requests; absent: none, so every bridge of ours on the host belongs to another project. */
  readonly project?: string | null
  /** Bridges that the same plan removes before it creates any. Their subnets are free again. */
  readonly removedBridges?: readonly string[]
  /** CIDRs or addresses that are never handed out, whatever the host says. */
  readonly reserve?: readonly (AddressInput | PrefixInput | ReservedRange)[]
  /**
   * CIDRs or addresses that may be used although the host, or a guess of ours, says that they are in use. `reserve`
   * wins over them.
   */
  readonly allow?: readonly (AddressInput | PrefixInput)[]
  /** Live leases. A lease of a requesting network itself is a subnet that this network holds. */
  readonly leases?: readonly SubnetLease[]
  /**
   * The blocks of this host, if it is in a cluster. A request that names no pool is picked in them, and every other
   * address of the cluster collides.
   */
  readonly blocks?: HeldBlocks | null
  /** How messages name what the user may change; by default as the command does. */
  readonly wording?: Wording
}

/**
 * The answer to one request; all texts are canonical.
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
  /** The name of the pool that the subnet is from; null: the request fixes the subnet, or it is held and in no pool. */
  readonly pool: string | null
  /** `picked` from a pool now, `held` from before, or `fixed` by the request. */
  readonly origin: 'picked' | 'held' | 'fixed'
  /** The earlier candidates of the pools that were passed over, in order; empty unless picked. */
  readonly rejected: readonly Rejection[]
  /** The ranges that a fixed or held subnet collides with; empty: none, and always for a picked subnet. */
  readonly overlaps: readonly Collision[]
}
