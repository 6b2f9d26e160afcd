import { formatPrefix, type Prefix } from '@portolan/netfilter'
import { describeReservation, type Reservation, type ReservationKind } from './reservation.ts'
import { deviceOf, holderOf } from './reservation-holder.ts'

/**
 * A range that a subnet collides with.
 * @public @since 0.1.0
 */
export interface Overlap {
  readonly kind: ReservationKind
  /** Canonical CIDR of the range in the way; a single address is a /32 or /128. */
  readonly overlaps: string
  /** For people: `route 10.0.0.0/8 via wg0 in table 51820`. */
  readonly detail: string
}

/**
 * A range that a fixed or held subnet collides with.
 * @public @since 0.1.0
 */
export interface Collision extends Overlap {
  /** The interface that has the range, or that leads to it. */
  readonly interface: string | null
  /** The engine, project or service that has the range, where it is known. */
  readonly owner: string | null
  /** The range is on a bridge that Portolan manages. A range that the user allows does not free it. */
  readonly isManaged?: true
}

/**
 * A subnet that would have come first, and why it was passed over.
 * @public @since 0.1.0
 */
export interface Rejection extends Overlap {
  /** Canonical CIDR; the first candidate, if one range blocks several in a row. */
  readonly candidate: string
  /** The number of candidates that this rejection stands for, 1 or more; rounded above 2 ** 53. */
  readonly candidates: number
}

export const collisionWith = (reservation: Reservation): Collision => ({
  kind: reservation.kind,
  overlaps: formatPrefix(reservation.prefix),
  detail: describeReservation(reservation),
  interface: deviceOf(reservation),
  owner: holderOf(reservation),
  ...(reservation.kind === 'address' && reservation.owner !== null ? { isManaged: true } : {}),
})

/** Each field is written out, so that all rejections have one shape. There may be 65,536 of them. */
export const rejectionOf = (candidate: Prefix, candidates: number, reservation: Reservation): Rejection => ({
  candidate: formatPrefix(candidate),
  candidates,
  kind: reservation.kind,
  overlaps: formatPrefix(reservation.prefix),
  detail: describeReservation(reservation),
})
