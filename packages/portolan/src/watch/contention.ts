import type { Cause, DriftChange } from './host-event.ts'

/** So many repairs of one object within so long are a quarrel. */
const REPAIRS = 4
const WITHIN_MS = 10_000
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000

/** Programs that undo what we repair. */
export interface Quarrel {
  readonly by: readonly string[]
  readonly objects: readonly string[]
  readonly pauseMs: number
}

interface Repair {
  readonly at: number
  readonly objects: ReadonlySet<string>
  readonly by: readonly string[]
}

/** Notices when another program undoes repairs again and again. */
export class Contention {
  #repairs: Repair[] = []
  #pauseMs = FIRST_PAUSE_MS
  #pausedUntil = 0

  /** How long repairs have to wait still, in milliseconds; 0: not at all. */
  leftMs(now: number): number {
    return Math.max(0, this.#pausedUntil - now)
  }

  /**
   * Notes a repair.
   * @returns the quarrel that it makes plain; null: none. Repairs pause from then on, longer each time
   */
  repaired(changes: readonly DriftChange[], causes: readonly Cause[], now: number): Quarrel | null {
    const objects = new Set(changes.map(({ object }) => object))
    const by = causes.flatMap(({ process }) => (process === null ? [] : [process.name]))
    // A pause is over for good when nothing was undone for a while after it.
    if (now - (this.#repairs.at(-1)?.at ?? now) > 2 * LONGEST_PAUSE_MS) this.#pauseMs = FIRST_PAUSE_MS
    this.#repairs = [
      ...this.#repairs.filter(({ at }) => now - at < WITHIN_MS + this.#pauseMs),
      { at: now, objects, by },
    ]
    const again = [...objects].filter(
      (object) => this.#repairs.filter((repair) => repair.objects.has(object)).length >= REPAIRS,
    )
    if (again.length === 0) return null
    const pauseMs = this.#pauseMs
    this.#pausedUntil = now + pauseMs
    this.#pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    const names = this.#repairs.flatMap((repair) => repair.by)
    // The next quarrel is found sooner: the pause is not what ended it.
    this.#repairs = this.#repairs.slice(1 - REPAIRS)
    return { by: [...new Set(names)], objects: again, pauseMs }
  }
}
