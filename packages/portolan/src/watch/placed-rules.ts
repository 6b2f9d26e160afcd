import type { Runner } from '@portolan/core'
import { withHostLock } from '@portolan/host'
import type { Backend } from '../backend/backend.ts'
import type { HeldRules } from '../live/rules/held-rules.ts'
import { openPlaces } from '../live/rules/open-places.ts'
import type { DriftChange } from './host-event.ts'
import { toTakeOut } from './to-take-out.ts'

/** The rules of a project in one backend. Another process may move them to another backend. */
export interface PlacedRules {
  readonly backend: Backend
  readonly rules: HeldRules
  /** The one backend that had rules of the project at the last look. With none or several: the backend that is held. */
  readonly place: Backend
  /** The removals that rules in other backends need, as of the last look. */
  drift(): readonly DriftChange[]
  /**
   * Looks for the backends that have rules of the project.
   * @returns true when the rules are held in another backend from now on
   */
  look(): Promise<boolean>
  /** Notes that no other backend has rules of the project any more. */
  settled(): void
  close(): void
}

/**
 * Holds the rules of a project in a backend and watches for its rules in other backends.
 * @param isNamed - the backend was named, so the rules are brought back to it; otherwise the rules are followed
 * @param open - opens the rules of the project in a backend
 */
export const openPlacedRules = (
  project: string,
  { first, isNamed }: { readonly first: Backend; readonly isNamed: boolean },
  open: (backend: Backend) => HeldRules,
  runner: Runner,
): PlacedRules => {
  const places = openPlaces(project, runner)
  let backend = first
  let rules = open(first)
  let elsewhere: readonly Backend[] = []
  let place = first
  const moveTo = (to: Backend): void => {
    rules.close()
    backend = to
    rules = open(to)
    elsewhere = []
  }
  return {
    get backend() {
      return backend
    },
    get rules() {
      return rules
    },
    get place() {
      return place
    },
    drift: () => elsewhere.map((other) => toTakeOut(other, backend)),
    look: async () => {
      elsewhere = await places.read(backend)
      place = backend
      if (elsewhere.length === 0) return false
      // Another process of Portolan that moves the rules has them in both backends for a moment. It holds the lock
      // meanwhile.
      const found = await withHostLock(() => places.read(null))
      elsewhere = found.filter((one) => one !== backend)
      const [only, ...more] = found
      if (only === undefined || only === backend || more.length > 0) return false
      place = only
      if (!isNamed) moveTo(only)
      return !isNamed
    },
    settled: () => {
      elsewhere = []
      place = backend
    },
    close: () => {
      rules.close()
      places.close()
    },
  }
}
