import type { Conflict } from '@portolan/core'

/** What a search came to. */
export type SearchOutcome = { readonly found: readonly Conflict[] } | { readonly error: unknown }

/** A search for conflicts that goes on beside other work. */
export interface SearchBeside {
  /** Settles when it has ended, and never fails. */
  readonly ended: Promise<void>
  /** What it came to; null: it goes on. */
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
