import type { Journal } from '../../src/journal/journal.ts'

/** What a journal holds, as an object; null: nothing was ever written. */
export const heldIn = (journal: Journal): unknown => {
  const values = journal.read()
  return values === null ? null : Object.fromEntries(values)
}
