import type { Interval } from './median-interval.ts'

/** One measured figure, and the peers measured in the same rounds. */
export interface Row {
  readonly what: string
  readonly unit: Unit
  readonly measured: Spread
  /** Null: no mark is set. */
  readonly mark: Mark | null
  /** A ratio in the mark compares with the first peer. */
  readonly peers: readonly Peer[]
  /** The figure's place in a chart. Each peer has its own line there. */
  readonly point?: Point
}

export interface Point {
  readonly chart: 'publish' | 'connections'
  readonly line: string
  readonly ports: number
}

/** Milliseconds, new connections per second, or megabytes (the peak of a process). */
export type Unit = 'ms' | '1/s' | 'MB'

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly rounds: number
  /** Uncounted rounds before the counted ones. */
  readonly warmUp: number
}

/** The limits that a figure has to keep. All limits given must hold. */
export interface Mark {
  /** The limit, in the unit of the row. */
  readonly atMost?: number
  /** The limit for the ratio to the first peer's median. */
  readonly ratioAtMost?: number
  readonly ratioAtLeast?: number
}

/** Another way to the same result, measured in turn with ours, or the reason why it was not measured. */
export type Peer =
  | {
      readonly kind: 'measured'
      readonly name: string
      readonly measured: Spread
      readonly ratio: number
      /** Contains the true ratio in 95 of 100 measurements; only where rounds were compared one by one. */
      readonly interval?: Interval
    }
  | { readonly kind: 'absent'; readonly name: string; readonly why: string }

export type Verdict = 'ok' | 'over' | 'none'

/** The verdict on a row. `none`: it has no mark, or the mark's figure could not be measured. */
export const judge = ({ measured, mark, peers: [peer] }: Row): Verdict => {
  if (mark === null) return 'none'
  const { atMost = Number.POSITIVE_INFINITY, ratioAtMost, ratioAtLeast } = mark
  if (measured.median > atMost) return 'over'
  if (ratioAtMost === undefined && ratioAtLeast === undefined) return 'ok'
  if (peer?.kind !== 'measured') return mark.atMost === undefined ? 'none' : 'ok'
  const isWithin =
    peer.ratio <= (ratioAtMost ?? Number.POSITIVE_INFINITY) && peer.ratio >= (ratioAtLeast ?? 0)
  return isWithin ? 'ok' : 'over'
}
