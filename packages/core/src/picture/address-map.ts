import type { Family } from '@portolan/netfilter'
import type { ReservationKind } from '../pool/index.ts'

/**
 * A picture of the address space as data: the pools in the order they are tried, the holders of their parts, what was
 * passed over and what was picked. All texts canonical; it can be printed as JSON.
 * @public @since 0.1.0
 */
export interface AddressMap {
  readonly family: Family
  readonly rows: readonly MapRow[]
  /** The holders of parts of the pools: first those that stood in the way of a pick, in that order. */
  readonly holders: readonly MapHolder[]
  /** Whether there are more holders than are listed. */
  readonly isCut: boolean
  /** How many subnets were asked for. */
  readonly asked: number
  /** What was picked: as many, or nothing. */
  readonly picks: readonly MapPick[]
}

/**
 * One entry of a pool, or an enlarged part of one.
 * @public @since 0.1.0
 */
export interface MapRow {
  readonly pool: string
  /** What is shown, CIDR. */
  readonly prefix: string
  /** The row that this is a part of, CIDR; null for an entry of the pool. */
  readonly enlarges: string | null
  /** Prefix length of the subnets it is cut into. */
  readonly size: number
  /** How many subnets that makes; rounded above 2 ** 53. */
  readonly subnets: number
  /** Equal parts of it, lowest first; a power of two of them. */
  readonly cells: readonly MapCell[]
  /** What was picked of it, as indexes of `picks`. */
  readonly picked: readonly number[]
  /** What was passed over, in the order it was met. */
  readonly passedOver: readonly MapPassed[]
}

/** @public @since 0.1.0 */
export interface MapPassed {
  /** Index of `holders`. */
  readonly holder: number
  /** How many subnets, 1 or more. */
  readonly candidates: number
}

/**
 * A part of a row: something of it was picked, or is held; or it is free but of no use, since the subnet around it
 * is held in part; or it is free.
 * @public @since 0.1.0
 */
export type MapCell =
  | { readonly kind: 'picked'; readonly pick: number }
  | { readonly kind: 'held'; readonly holder: number }
  | { readonly kind: 'spoiled'; readonly holder: number }
  | { readonly kind: 'free' }

/** @public @since 0.1.0 */
export interface MapHolder {
  readonly kind: ReservationKind
  readonly prefix: string
  /** For people: `route 10.0.0.0/8 via wg0 in table 51820`. */
  readonly detail: string
  /** How many subnets were passed over because of it, and the first of them; null: none was. */
  readonly passedOver: { readonly candidate: string; readonly candidates: number } | null
}

/** @public @since 0.1.0 */
export interface MapPick {
  readonly network: string
  readonly subnet: string
  readonly gateway: string
  readonly pool: string
}
