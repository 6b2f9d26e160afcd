import type { Family } from '@portolan/netfilter'
import type { ReservationKind } from '../pool/index.ts'

/**
 * A picture of the address space as data: the pools in the order they are tried, the holders of parts of them, the
 * subnets passed over and the subnets picked. All texts are canonical, and it can be printed as JSON.
 * @public @since 0.1.0
 */
export interface AddressMap {
  readonly family: Family
  readonly rows: readonly MapRow[]
  /** What holds parts of the pools. Those that made a pick pass over a subnet come first, in that order. */
  readonly holders: readonly MapHolder[]
  /** Whether there are more holders than are listed. */
  readonly isCut: boolean
  /** How many subnets were asked for. */
  readonly asked: number
  /** The picked subnets: as many as were asked for, or none. */
  readonly picks: readonly MapPick[]
}

/**
 * One entry of a pool, or an enlarged part of one.
 * @public @since 0.1.0
 */
export interface MapRow {
  readonly pool: string
  /** The prefix of this row, CIDR. */
  readonly prefix: string
  /** The row that this row enlarges a part of, CIDR; null: this row is an entry of the pool. */
  readonly enlarges: string | null
  /** The prefix length of the subnets that the row is cut into. */
  readonly size: number
  /** How many subnets the row has; rounded above 2 ** 53. */
  readonly subnets: number
  /** Equal parts of the row, lowest first. Their number is a power of two. */
  readonly cells: readonly MapCell[]
  /** The picks in this row, as indexes of `picks`. */
  readonly picked: readonly number[]
  /** The holders that made a pick pass over subnets of this row, in the order they were met. */
  readonly passedOver: readonly MapPassed[]
}

/** @public @since 0.1.0 */
export interface MapPassed {
  /** The holder, as an index of `holders`; -1: the list of holders was cut before it. */
  readonly holder: number
  /** How many subnets were passed over because of the holder, 1 or more. */
  readonly candidates: number
}

/**
 * A part of a row. `picked`: a subnet in it was picked. `held`: something in it is held. `spoiled`: it is free, but
 * another part of the subnet around it is held, so that subnet cannot be picked. `free`: none of these.
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
  /** How many subnets were passed over because of this holder, and the first of them; null: none. */
  readonly passedOver: { readonly candidate: string; readonly candidates: number } | null
}

/** @public @since 0.1.0 */
export interface MapPick {
  readonly network: string
  readonly subnet: string
  readonly gateway: string
  readonly pool: string
}
