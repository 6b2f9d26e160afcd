import type { Engine, Published } from './engine.ts'
import type { Place } from './place.ts'

/** How long one call may take, and from which time on an engine is asked for nothing more. */
const limitMs = 60_000
const slowMs = 10_000

/** Which engines are still asked, as sizes grow; and of the others, why not. */
export interface Endurance {
  /** Null: it is asked. */
  readonly whyNot: (engine: Engine) => string | null
  /** Asks an engine, and keeps what its answer says of later calls. */
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

/** The first line of what went wrong. */
const whyOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 100) ?? ''
