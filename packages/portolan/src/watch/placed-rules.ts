import type { Runner } from '@portolan/core'
import { withHostLock } from '@portolan/host'
import type { Backend } from '../backend/backend.ts'
import type { HeldRules } from '../live/rules/held-rules.ts'
import { openPlaces } from '../live/rules/open-places.ts'
import type { DriftChange } from './host-event.ts'
import { toTakeOut } from './to-take-out.ts'

/** The rules of a project in one backend, where another process may put them into another one. */
export interface PlacedRules {
  readonly backend: Backend
  readonly rules: HeldRules
  /** The only backend that had rules of the project at the last look, where that is another one; or else that it is held in. */
  readonly place: Backend
  /** What is to be done about the rules that other backends had at the last look. */
  drift(): readonly DriftChange[]
  /**
   * Looks where the rules of the project are.
   * @returns is it held in another backend from now on?
   */
  look(): Promise<boolean>
  /** No other backend has rules of it any more. */
  settled(): void
  close(): void
}

/**
 * @param isNamed - the backend was asked for, so that the rules are brought back to it; or else they are followed
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
      // A process of ours that moves them has them in both for a moment.
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
