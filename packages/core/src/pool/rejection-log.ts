import type { Prefix } from '@portolan/netfilter'
import { type Rejection, rejectionOf } from './rejection.ts'
import type { Reservation, ReservationKind } from './reservation.ts'

/**
 * What one scan has passed over. Requests that share a scan share its log, so it knows how much of it earlier
 * requests have shown already. Answers share the rejections too: none is changed once it is here.
 */
export interface RejectionLog {
  readonly passed: Rejection[]
  /** How many of `passed` are shown and counted in `totals`. */
  shown: number
  /** One rejection for each kind, in the order in which the kinds came up. */
  readonly totals: Rejection[]
  /** The details of `totals` once they stand for more than one. */
  readonly details: string[]
}

/**
 * Up to this many, every request repeats all that was rejected before it. Beyond it, repeating would make the
 * answer to n requests n times as long: that of 65,536 would fill the memory.
 */
const REPEATED = 100

export const rejectionLog = (): RejectionLog => ({ passed: [], shown: 0, totals: [], details: [] })

const others = '; the others are listed with earlier networks of this plan'

const isLong = ({ shown }: RejectionLog): boolean => shown > REPEATED

/** A loop, since there are few kinds and this is asked once for every subnet of a plan. */
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

/** Notes that candidates were passed over, and what was in their way. */
export const passBlocked = (
  log: RejectionLog,
  candidate: Prefix,
  candidates: number,
  reservation: Reservation,
): void => {
  log.passed.push(rejectionOf(candidate, candidates, reservation))
}

/**
 * Notes that a candidate was given to a network of this plan, which is in the way of all that come after. A long
 * log only counts it: the plan's own answer names it.
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
 * The rejections of the request that has just been answered from this log, in order. If many of them are repeated ones,
 * these come as one line for each kind, with their number.
 *
 * The lists are made in one piece, of just the right length: one that grows by `push` is given room for sixteen
 * more, which weighs more than all else in the answer to 65,536 requests.
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
