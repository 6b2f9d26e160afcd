import type { Runner } from '@portolan/core'
import { openLegacyFingerprint } from './legacy-fingerprint.ts'
import type { Notice } from './notice.ts'

/**
 * How the rules of iptables-legacy are read at intervals.
 * @public @since 0.1.0
 */
export interface LegacyPolling {
  /** Runs `iptables-legacy-save` and `ip6tables-legacy-save`. */
  readonly runner: Runner
  /** Milliseconds between two readings, at least; absent: 2000. */
  readonly intervalMs?: number
}

const INTERVAL_MS = 2000
/**
 * The pause after a reading is at least this many times its duration, so that reading takes at most a twentieth of the
 * time.
 */
const LEAST_REST = 20

/** A repeated reading of the rules of iptables-legacy. */
export interface LegacyPoll {
  /** Ends the readings. Resolves when no program of them runs any more. */
  stop(): Promise<void>
}

/**
 * Reads the rules once, and then again at intervals.
 * @throws the error of the first reading
 */
export const startLegacyPoll = async (
  { runner, intervalMs = INTERVAL_MS }: LegacyPolling,
  tell: (notice: Notice) => void,
): Promise<LegacyPoll> => {
  const fingerprint = openLegacyFingerprint(runner)
  let isFailing = false
  let timer: NodeJS.Timeout | null = null
  let underWay: Promise<void> = Promise.resolve()
  let isStopped = false

  const read = async (): Promise<void> => {
    const began = performance.now()
    try {
      for (const notice of await fingerprint.poll()) tell(notice)
      isFailing = false
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (!isFailing && !isStopped) tell({ kind: 'lost', reason })
      isFailing = true
    }
    schedule(performance.now() - began)
  }
  const schedule = (tookMs: number): void => {
    if (isStopped) return
    const rest = Math.max(intervalMs, tookMs * LEAST_REST)
    timer = setTimeout(() => {
      underWay = read()
    }, rest).unref()
  }

  await fingerprint.poll()
  schedule(0)
  return {
    stop: async () => {
      isStopped = true
      if (timer !== null) clearTimeout(timer)
      await underWay
    },
  }
}
