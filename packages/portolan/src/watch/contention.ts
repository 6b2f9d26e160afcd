import type { Cause, DriftChange } from './host-event.ts'

/** An object that is undone so often within so long is a quarrel. */
const REPAIRS = 4
const WITHIN_MS = 10_000
/**
 * Repairs of an object within so long are of one undoing. The kernel deletes a bridge in steps (down, its addresses, itself),
 * and a look may come between any two.
 */
const STEPS_MS = 200
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000

/** Programs that undo what we repair. */
export interface Quarrel {
  readonly by: readonly string[]
  readonly objects: readonly string[]
  /** How often the first of these was undone, and in how long. */
  readonly times: number
  readonly withinMs: number
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
    // The next quarrel is found sooner: the pause is not what ended it.
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

  /** The repairs of an object that begin what was undone once. */
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
