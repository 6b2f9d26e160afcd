import type { Conflict } from '@portolan/core'
import { inOrder } from '../live/in-order.ts'
import type { HeldProject } from '../watch/held-project.ts'
import type { HostEvent } from '../watch/host-event.ts'

/** The numbers of attempts that succeeded and that failed. */
export interface Attempts {
  success: number
  failure: number
}

type DriftEvent = Extract<HostEvent, { readonly kind: 'drift' }>

/** What a watch has done and seen since it began. */
export interface WatchRecord {
  /** The watched project; null: none yet. */
  readonly held: HeldProject | null
  readonly checks: Attempts
  readonly repairs: Attempts
  readonly searches: Attempts
  readonly drifts: Readonly<Record<DriftEvent['outcome'], number>>
  /** How often another program was found to undo each repair. */
  readonly quarrels: number
  /** The changes that the last check found to be needed. A repair makes the number 0. */
  readonly changes: number
  /** The conflicts that the last search found; null: no search was made yet. */
  readonly conflicts: readonly Conflict[] | null
  /** Seconds since 1970; null: no check has succeeded yet. */
  readonly checkedAt: number | null
  readonly searchedAt: number | null
}

/** Records what a watch does. */
export interface WatchRecorder {
  readonly record: WatchRecord
  /**
   * Wraps a project. The wrapper is watched in its place, and records what is done with it. The record goes on when the
   * next project is wrapped.
   */
  observe(held: HeldProject): HeldProject
  take(event: HostEvent): void
}

export const openWatchRecord = (): WatchRecorder => {
  const record = {
    held: null as HeldProject | null,
    checks: { success: 0, failure: 0 },
    repairs: { success: 0, failure: 0 },
    searches: { success: 0, failure: 0 },
    drifts: { repaired: 0, reported: 0, paused: 0 },
    quarrels: 0,
    changes: 0,
    conflicts: null as readonly Conflict[] | null,
    checkedAt: null as number | null,
    searchedAt: null as number | null,
  }
  return {
    record,
    observe: (held) => {
      // A plan opens the lease store and closes it again. Another reader of the store waits for its turn.
      const inTurn = inOrder()
      const noted = async <Result>(attempts: Attempts, work: () => Promise<Result>): Promise<Result> => {
        try {
          const result = await inTurn(work)
          attempts.success += 1
          return result
        } catch (error) {
          attempts.failure += 1
          throw error
        }
      }
      const observed: HeldProject = {
        project: held.project,
        get backend() {
          return held.backend
        },
        isUnchanged: () => held.isUnchanged(),
        look: async () => {
          const changes = await noted(record.checks, () => held.look())
          record.changes = changes.length
          record.checkedAt = Date.now() / 1000
          return changes
        },
        repair: async () => {
          const repaired = await noted(record.repairs, () => held.repair())
          record.changes = 0
          return repaired
        },
        conflicts: async () => {
          record.conflicts = await noted(record.searches, () => held.conflicts())
          record.searchedAt = Date.now() / 1000
          return record.conflicts
        },
        desired: () => held.desired(),
        leases: () => inTurn(() => held.leases()),
        ...(held.follow === undefined ? {} : { follow: held.follow }),
      }
      record.held = observed
      return observed
    },
    take: (event) => {
      if (event.kind === 'drift') record.drifts[event.outcome] += 1
      else if (event.kind === 'contended') record.quarrels += 1
    },
  }
}
