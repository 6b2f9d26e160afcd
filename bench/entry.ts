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

/** `full`: as its mark says. `quick`: only shows that it works. `pairs`: small, for many runs of two builds in turn. */
export type Size = 'full' | 'quick' | 'pairs'

/** How large a measurement is. */
export interface Scale {
  readonly isQuick: boolean
  /** The full size, about a hundredth of it, or a tenth. */
  readonly count: (full: number) => number
  /** Rounds to measure, or one, or some. */
  readonly rounds: (full: number) => number
}

const scales: Readonly<Record<Size, Scale>> = {
  full: { isQuick: false, count: (full) => full, rounds: (full) => full },
  quick: { isQuick: true, count: (full) => Math.max(1, Math.ceil(full / 100)), rounds: () => 1 },
  pairs: {
    isQuick: false,
    count: (full) => Math.max(1, Math.ceil(full / 10)),
    rounds: (full) => Math.min(full, Math.max(3, Math.ceil(full / 10))),
  },
}

export const scaleOf = (size: Size): Scale => scales[size]
