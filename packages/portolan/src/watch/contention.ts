import type { Cause, DriftChange } from './host-event.ts'

/** Repairs of one object that make a quarrel, when they come within `WITHIN_MS`. */
const REPAIRS = 4
const WITHIN_MS = 10_000
/**
 * Repairs of an object within this time count as one. The kernel deletes a bridge in steps (down, its addresses,
 * itself), and a look may come between any two.
 */
const STEPS_MS = 200
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000

/** A report of programs that undo repairs. */
export interface Quarrel {
  readonly by: readonly string[]
  readonly objects: readonly string[]
  /** How often the first object was undone, and in how many milliseconds. */
  readonly times: number
  readonly withinMs: number
  readonly pauseMs: number
}

interface Repair {
  readonly at: number
  readonly objects: ReadonlySet<string>
  readonly by: readonly string[]
}

/** Detects that another program undoes repairs again and again, and pauses the repairs. */
export class Contention {
  #repairs: Repair[] = []
  #pauseMs = FIRST_PAUSE_MS
  #pausedUntil = 0

  /** The rest of the pause in milliseconds; 0: repairs may be made now. */
  leftMs(now: number): number {
    return Math.max(0, this.#pausedUntil - now)
  }

  /**
   * Notes a repair.
   * @returns the quarrel when this repair reveals one; null: none. A quarrel pauses repairs, each time for longer
   */
  repaired(changes: readonly DriftChange[], causes: readonly Cause[], now: number): Quarrel | null {
    const objects = new Set(changes.map(({ object }) => object))
    const by = causes.flatMap(({ process }) => (process === null ? [] : [process.name]))
    // A long time without a repair after a pause ends the quarrel, so the pause starts short again.
    if (now - (this.#repairs.at(-1)?.at ?? now) > 2 * LONGEST_PAUSE_MS) this.#pauseMs = FIRST_PAUSE_MS
    this.#repairs = [
      ...this.#repairs.filter(({ at }) => now - at < WITHIN_MS + this.#pauseMs),
      { at: now, objects, by },
    ]
    const undone = [...objects].flatMap((object) => {
      const own = this.#undoings(object)
      return own.length < REPAIRS ? [] : [{ object, own }]
    })
    const [first] = undone
    if (first === undefined) return null
    const pauseMs = this.#pauseMs
    this.#pausedUntil = now + pauseMs
    this.#pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    const names = this.#repairs.flatMap((repair) => repair.by)
    // The last repairs stay known, so the next quarrel is found sooner. The pause alone did not end this one.
    const kept = new Set(undone.flatMap(({ own }) => own.slice(1 - REPAIRS)))
    this.#repairs = this.#repairs.filter((repair) => kept.has(repair))
    return {
      by: [...new Set(names)],
      objects: undone.map(({ object }) => object),
      times: first.own.length,
      withinMs: now - (first.own[0]?.at ?? now),
      pauseMs,
    }
  }

  /** The repairs of an object that count, one for each time the object was undone. */
  #undoings(object: string): readonly Repair[] {
    const own: Repair[] = []
    for (const repair of this.#repairs) {
      const last = own.at(-1)
      if (repair.objects.has(object) && (last === undefined || repair.at - last.at >= STEPS_MS))
        own.push(repair)
    }
    return own
  }
}
