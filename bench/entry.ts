import type { Row } from './row.ts'

/** One measurement. A file of `entries/` exports it as `entry`, and every file there is found. */
export interface Entry {
  /** A short description for `--list`. */
  readonly about: string
  /** `namespace`: runs as root of its own network namespace, which ends with its process. */
  readonly needs: 'nothing' | 'namespace'
  /** Measured only when it is named, or with `--peers`. It takes minutes and depends little on our own code. */
  readonly isPeers?: true
  /** Runs in its own process, so that no entry inherits another's heap. */
  readonly measure: (scale: Scale) => Promise<readonly Row[]>
}

/**
 * The size of a measurement. `full`: the size that the mark names. `quick`: only shows that it works. `pairs`: small,
 * for many runs of two builds in turn.
 */
export type Size = 'full' | 'quick' | 'pairs'

/** The sizes and rounds of a measurement. */
export interface Scale {
  readonly isQuick: boolean
  /** `full` itself, about a hundredth of it (quick), or a tenth (pairs). */
  readonly count: (full: number) => number
  /** All rounds, one (quick), or some (pairs). */
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
