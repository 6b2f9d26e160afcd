import type { Engine, Published } from './engine.ts'
import type { Place } from './place.ts'

/** The time limit of one call, and the duration of a call after which an engine gets no larger size. */
const limitMs = 60_000
const slowMs = 10_000

/** Tells which engines are still measured as sizes grow, and why the others are not. */
export interface Endurance {
  /** The reason why the engine is not measured any more; null: it is. */
  readonly whyNot: (engine: Engine) => string | null
  /** Calls an engine, and remembers when it fails or is too slow for larger sizes. */
  readonly publish: (engine: Engine, place: Place, ports: number) => Promise<Published>
}

export const openEndurance = (): Endurance => {
  const reasons = new Map<string, string>()
  return {
    whyNot: ({ name, absent }) => absent ?? reasons.get(name) ?? null,
    publish: async ({ name, publish }, place, ports) => {
      try {
        const published = await publish(place, ports, limitMs)
        const seconds = Math.round(published.milliseconds / 1000)
        if (published.milliseconds > slowMs)
          reasons.set(name, `not asked for more, as ${ports} took ${seconds} s`)
        return published
      } catch (error) {
        reasons.set(name, `stopped at ${ports}: ${whyOf(error)}`)
        throw error
      }
    },
  }
}

/** The first line of an error. */
const whyOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 100) ?? ''
