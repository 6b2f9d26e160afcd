import type { Conflict } from '@portolan/core'

/** The result of a search, or its error. */
export type SearchOutcome = { readonly found: readonly Conflict[] } | { readonly error: unknown }

/** A search for conflicts that runs beside other work. */
export interface SearchBeside {
  /** Resolves when the search has ended; never rejects. */
  readonly ended: Promise<void>
  /** The outcome; null: the search still runs. */
  outcome(): SearchOutcome | null
}

export const searchBeside = (searching: Promise<readonly Conflict[]>): SearchBeside => {
  let outcome: SearchOutcome | null = null
  const ended = searching.then(
    (found) => {
      outcome = { found }
    },
    (error: unknown) => {
      outcome = { error }
    },
  )
  return { ended, outcome: () => outcome }
}
