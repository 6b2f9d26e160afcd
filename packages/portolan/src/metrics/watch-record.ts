import type { Conflict } from '@portolan/core'
import { inOrder } from '../live/in-order.ts'
import type { HeldProject } from '../watch/held-project.ts'
import type { HostEvent } from '../watch/host-event.ts'

/** How often something was done, and came to its end or not. */
export interface Attempts {
  success: number
  failure: number
}

type DriftEvent = Extract<HostEvent, { readonly kind: 'drift' }>

/** What a watch has done and seen since it began. */
export interface WatchRecord {
  /** What is watched; null: nothing yet. */
  readonly held: HeldProject | null
  readonly checks: Attempts
  readonly repairs: Attempts
  readonly searches: Attempts
  readonly drifts: Readonly<Record<DriftEvent['outcome'], number>>
  /** How often another program was found to undo each repair. */
  readonly quarrels: number
  /** Of the last check: what was not as it is wanted; a repair makes it 0. */
  readonly changes: number
  /** What the last search found; null: none was made yet. */
  readonly conflicts: readonly Conflict[] | null
  /** Seconds since 1970; null: none has succeeded yet. */
  readonly checkedAt: number | null
  readonly searchedAt: number | null
}

/** Takes notes of what a watch does. */
export interface WatchRecorder {
  readonly record: WatchRecord
  /** A project that is watched in its place, and notes what is done with it. The notes go on from one to the next. */
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
      // A plan opens the lease store and closes it again; what reads it beside takes its turn.
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
