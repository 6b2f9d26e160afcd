import type { Interval } from './median-interval.ts'

/** What was measured of one thing, and what was measured beside it in the same rounds. */
export interface Row {
  readonly what: string
  readonly unit: Unit
  readonly measured: Spread
  /** Null: nothing is promised. */
  readonly mark: Mark | null
  /** The mark's ratio, if it has one, is to the first. */
  readonly peers: readonly Peer[]
  /** Where these figures stand in a chart. Each peer has a line of its name there. */
  readonly point?: Point
}

export interface Point {
  readonly chart: 'publish' | 'connections'
  readonly line: string
  readonly ports: number
}

/** Milliseconds, new connections per second, or megabytes: the most that a process had at once. */
export type Unit = 'ms' | '1/s' | 'MB'

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly rounds: number
  /** Rounds before these that were not counted. */
  readonly warmUp: number
}

/** What is to be reached; one that names two things asks for both. */
export interface Mark {
  /** In the unit of the row. */
  readonly atMost?: number
  /** Of the first peer's median. */
  readonly ratioAtMost?: number
  readonly ratioAtLeast?: number
}

/** Another way to the same end, measured in turn with ours; or why it was not. */
export type Peer =
  | {
      readonly kind: 'measured'
      readonly name: string
      readonly measured: Spread
      readonly ratio: number
      /** Holds the true ratio in 95 of 100 measurements, where rounds were compared one by one. */
      readonly interval?: Interval
    }
  | { readonly kind: 'absent'; readonly name: string; readonly why: string }

export type Verdict = 'ok' | 'over' | 'none'

/** `none` where nothing is promised, or what the promise is about could not be measured. */
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
