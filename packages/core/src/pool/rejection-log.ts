import type { Prefix } from '@portolan/netfilter'
import { type Rejection, rejectionOf } from './rejection.ts'
import type { Reservation, ReservationKind } from './reservation.ts'

/**
 * The rejections of one scan. Requests that share a scan share its log. So the log knows how many of them earlier
 * requests have shown. Answers share the rejections too, so none is changed once it is here.
 */
export interface RejectionLog {
  readonly passed: Rejection[]
  /** The number of entries of `passed` that are shown, and counted in `totals`. */
  shown: number
  /** One rejection for each kind, in the order in which the kinds came up. */
  readonly totals: Rejection[]
  /** The detail of each entry of `totals` for when it counts more than one rejection. */
  readonly details: string[]
}

/**
 * The most rejections that every request repeats from earlier ones. Beyond it, repeating would make the answer to n
 * requests n times as long. The answer to 65,536 requests would fill the memory.
 */
const REPEATED = 100

export const rejectionLog = (): RejectionLog => ({ passed: [], shown: 0, totals: [], details: [] })

const others = '; the others are listed with earlier networks of this plan'

const isLong = ({ shown }: RejectionLog): boolean => shown > REPEATED

/** A plain loop: there are few kinds, and this runs once for every subnet of a plan. */
const placeOf = (totals: readonly Rejection[], wanted: ReservationKind): number => {
  for (let at = 0; at < totals.length; at += 1) if (totals[at]?.kind === wanted) return at
  return -1
}

const addMore = ({ totals, details }: RejectionLog, place: number, more: number): void => {
  const total = totals[place]
  if (total === undefined) return
  const { candidate, candidates, kind, overlaps, detail } = total
  totals[place] = {
    candidate,
    candidates: candidates + more,
    kind,
    overlaps,
    detail: details[place] ?? detail,
  }
}

const count = (log: RejectionLog, rejection: Rejection): void => {
  const place = placeOf(log.totals, rejection.kind)
  if (place >= 0) {
    addMore(log, place, rejection.candidates)
    return
  }
  log.totals.push(rejection)
  log.details.push(rejection.detail + others)
}

/** Records candidates that were passed over, and the reservation in their way. */
export const passBlocked = (
  log: RejectionLog,
  candidate: Prefix,
  candidates: number,
  reservation: Reservation,
): void => {
  log.passed.push(rejectionOf(candidate, candidates, reservation))
}

/**
 * Records that a candidate went to a network of this plan, and so blocks later requests. A long log only counts it: the
 * plan's own answer names the subnet.
 */
export const passTaken = (log: RejectionLog, candidate: Prefix, network: string): void => {
  const place = isLong(log) ? placeOf(log.totals, 'own') : -1
  if (place >= 0) {
    addMore(log, place, 1)
    return
  }
  const rejection = rejectionOf(candidate, 1, { kind: 'own', prefix: candidate, network })
  if (isLong(log)) count(log, rejection)
  else log.passed.push(rejection)
}

/**
 * The rejections of the request that was just answered from this log, in order. If many of them are repeated from
 * earlier requests, they come as one line for each kind, with their number.
 *
 * Each list is made at once, at its final length. A list that grows by `push` gets room for sixteen more items, which
 * takes more memory than the rest of the answer to 65,536 requests.
 */
export const listRejections = (log: RejectionLog): readonly Rejection[] => {
  const { passed, totals, shown } = log
  const isNew = shown < passed.length
  const repeated = isLong(log) ? totals : passed
  const listed = isLong(log) && isNew ? totals.concat(passed.slice(shown)) : repeated.slice()
  for (; log.shown < passed.length; log.shown += 1) {
    const rejection = passed[log.shown]
    if (rejection !== undefined) count(log, rejection)
  }
  return listed
}
