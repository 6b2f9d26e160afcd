import type { Row } from './row.ts'

/** One thing that is measured: a file of `entries/`, which exports it as `entry` and is found by being there. */
export interface Entry {
  /** A few words, for `--list`. */
  readonly about: string
  /** `namespace`: run as root of a network namespace of its own, which goes with its process. */
  readonly needs: 'nothing' | 'namespace'
  /** Measured where it is named and with `--peers` alone: it takes minutes, and says little of a change to our code. */
  readonly isPeers?: true
  /** Runs in a process of its own, so that no entry inherits another's heap. */
  readonly measure: (scale: Scale) => Promise<readonly Row[]>
}

/** How large a measurement is: as large as its mark says, or `--quick`, which only shows that it works. */
export interface Scale {
  readonly isQuick: boolean
  /** The full size, or about a hundredth of it. */
  readonly count: (full: number) => number
  /** Rounds to measure, or one. */
  readonly rounds: (full: number) => number
}

export const scaleOf = (isQuick: boolean): Scale => ({
  isQuick,
  count: (full) => (isQuick ? Math.max(1, Math.ceil(full / 100)) : full),
  rounds: (full) => (isQuick ? 1 : full),
})
