import type { Rejection } from './rejection.ts'
import type { ReservationKind } from './reservation.ts'

/**
 * The rejections of one scan. Requests that share a scan share its log, so `listed` says how much of it earlier
 * requests have shown already.
 */
export interface RejectionLog {
  readonly rejections: Rejection[]
  readonly totals: Map<ReservationKind, { readonly first: Rejection; candidates: number }>
  listed: number
}

/**
 * Up to this many, every request repeats all that was rejected before it. Beyond it, repeating would make the
 * answer for n requests n times as long: 65,536 of them would fill the memory.
 */
const REPEATED = 100

export const rejectionLog = (): RejectionLog => ({ rejections: [], totals: new Map(), listed: 0 })

/** What earlier requests listed, a line for each kind: nothing is left out without being counted. */
const foldedTotals = (log: RejectionLog): Rejection[] =>
  [...log.totals.values()].map(({ first, candidates }) => ({
    ...first,
    candidates,
    detail:
      candidates === first.candidates
        ? first.detail
        : `${first.detail}, and others listed with earlier networks of this plan`,
  }))

/** What stood in the way of the request that has just been answered from this log. */
export const listRejections = (log: RejectionLog): Rejection[] => {
  const { listed, rejections } = log
  const shown = listed > REPEATED ? [...foldedTotals(log), ...rejections.slice(listed)] : rejections.slice()
  for (const rejection of rejections.slice(listed)) {
    const total = log.totals.get(rejection.kind)
    if (total === undefined)
      log.totals.set(rejection.kind, { first: rejection, candidates: rejection.candidates })
    else total.candidates += rejection.candidates
  }
  log.listed = rejections.length
  return shown
}
