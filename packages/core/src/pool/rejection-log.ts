import type { Prefix } from '../address/index.ts'
import { type Rejection, rejectionOf } from './rejection.ts'
import type { Reservation, ReservationKind } from './reservation.ts'

/** A rejection as a scan meets it; put into words only when it is shown. */
export interface Passed {
  readonly candidate: Prefix
  readonly candidates: number
  readonly reservation: Reservation
}

/**
 * What one scan has passed over. Requests that share a scan share its log, so it knows how much of it earlier
 * requests have shown already.
 */
export interface RejectionLog {
  readonly passed: Passed[]
  readonly totals: Map<ReservationKind, Rejection>
  /** How many of `passed` are shown and counted in `totals`. */
  shown: number
}

/**
 * Up to this many, every request repeats all that was rejected before it. Beyond it, repeating would make the
 * answer to n requests n times as long: that of 65,536 would fill the memory.
 */
const REPEATED = 100

export const rejectionLog = (): RejectionLog => ({ passed: [], totals: new Map(), shown: 0 })

const inWords = ({ candidate, candidates, reservation }: Passed): Rejection =>
  rejectionOf(candidate, candidates, reservation)

const others = '; the others are listed with earlier networks of this plan'

const count = ({ totals }: RejectionLog, passed: Passed): void => {
  const { kind } = passed.reservation
  const total = totals.get(kind)
  if (total === undefined) {
    totals.set(kind, inWords(passed))
    return
  }
  totals.set(kind, withMore(total, passed.candidates))
}

const withMore = ({ candidate, candidates, kind, overlaps, detail }: Rejection, more: number): Rejection => ({
  candidate,
  candidates: candidates + more,
  kind,
  overlaps,
  detail: detail.endsWith(others) ? detail : detail + others,
})

/**
 * Notes that a candidate was given to a network of this plan, which is in the way of all that come after. A long
 * log only counts it: the plan's own answer names it.
 *
 * @param passed - asked for when more than its number is wanted
 */
export const passTaken = (log: RejectionLog, passed: () => Passed): void => {
  if (log.shown <= REPEATED) {
    log.passed.push(passed())
    return
  }
  const total = log.totals.get('own')
  if (total === undefined) count(log, passed())
  else log.totals.set('own', withMore(total, 1))
}

/**
 * What stood in the way of the request that has just been answered from this log, in order. When much of it is
 * repeated, that comes as one line for each kind: nothing is left out without being counted.
 */
export const listRejections = (log: RejectionLog): readonly Rejection[] => {
  const isLong = log.shown > REPEATED
  const listed = isLong ? [...log.totals.values()] : log.passed.slice(0, log.shown).map(inWords)
  for (; log.shown < log.passed.length; log.shown += 1) {
    const passed = log.passed[log.shown]
    if (passed === undefined) continue
    listed.push(inWords(passed))
    count(log, passed)
  }
  return listed
}
