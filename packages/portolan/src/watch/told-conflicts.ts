import type { Conflict } from '@portolan/core'
import { conflictIdentity } from '../plan/conflict-identity.ts'
import { type ConflictNews, conflictNews } from './conflict-news.ts'
import { PASSING_MS } from './passing.ts'

/** A conflict that has come and gone for this long, in milliseconds, is told the next time it is found. */
const FLAPPING_MS = 30_000
/**
 * The milliseconds without a change after which a conflict no longer counts as coming and going. One that was told
 * because it comes and goes has to be away for this long before its end is told.
 */
const CALM_MS = 10_000

/** A conflict that came or went a short time ago. */
interface Unrest {
  /** When it first came or went. */
  readonly since: number
  /** When it last came or went. */
  readonly changedAt: number
  /** The difference between the last search and what was told; null: none. */
  readonly untold: 'come' | 'gone' | null
}

/**
 * The conflicts that were told, and those that wait to be told. While another program reloads its rules, its policies
 * may drop packets for a moment, and a search may find that. So a conflict is told only once it lasts, and so is its
 * end. The times are those of searches: what happens between two searches is not seen.
 */
export class ToldConflicts {
  #told: readonly Conflict[] = []
  #unrest: ReadonlyMap<string, Unrest> = new Map()

  /**
   * Takes the result of a search.
   * @param now - when the search began, in milliseconds
   * @param isOwn - whether a conflict is told at once, because Portolan or its user made it and not another program
   * @returns what to tell now
   */
  searched(
    found: readonly Conflict[],
    now: number,
    isOwn: (conflict: Conflict) => boolean,
  ): Pick<ConflictNews, 'come' | 'gone'> {
    const { come, gone, known } = conflictNews(this.#told, found)
    const untold = new Map<string, Unrest['untold']>([
      ...come.map((one) => [conflictIdentity(one), 'come'] as const),
      ...gone.map((one) => [conflictIdentity(one), 'gone'] as const),
    ])
    const unrest = new Map<string, Unrest>()
    for (const identity of new Set([...this.#unrest.keys(), ...untold.keys()])) {
      const next = changed(this.#unrest.get(identity) ?? null, untold.get(identity) ?? null, now)
      if (next !== null) unrest.set(identity, next)
    }
    const own = new Set(come.filter(isOwn).map(conflictIdentity))
    const waiting = new Set<string>()
    for (const [identity, one] of unrest)
      if (one.untold !== null && now < dueAt(one) && !own.has(identity)) waiting.add(identity)
      else unrest.set(identity, { ...one, untold: null })
    const isWaiting = (conflict: Conflict): boolean => waiting.has(conflictIdentity(conflict))
    const isDue = (conflict: Conflict): boolean => !isWaiting(conflict)
    // What waits stays as it was told.
    this.#told = [...known.filter(isDue), ...this.#told.filter(isWaiting)]
    this.#unrest = unrest
    return { come: come.filter(isDue), gone: gone.filter(isDue) }
  }

  /** When a search has to follow, even if nothing changes until then; null: nothing waits to be told. */
  nextAt(): number | null {
    let next: number | null = null
    for (const one of this.#unrest.values())
      if (one.untold !== null) next = Math.min(next ?? Number.POSITIVE_INFINITY, dueAt(one))
    return next
  }
}

/** What is known of a conflict after a search; null: nothing, because it has been calm for long enough. */
const changed = (before: Unrest | null, untold: Unrest['untold'], now: number): Unrest | null => {
  const isCalm = before === null || (before.untold === null && now - before.changedAt >= CALM_MS)
  if (isCalm) return untold === null ? null : { since: now, changedAt: now, untold }
  return before.untold === untold ? before : { since: before.since, changedAt: now, untold }
}

/** When a difference is told, if it lasts until then. A conflict that comes and goes is told sooner than its end. */
const dueAt = ({ since, changedAt, untold }: Unrest): number => {
  const lasted = changedAt + PASSING_MS
  const flapping = since + FLAPPING_MS
  if (untold === 'come') return Math.min(lasted, Math.max(changedAt, flapping))
  return lasted < flapping ? lasted : changedAt + CALM_MS
}
