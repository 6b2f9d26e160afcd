import type { Journal, JournalChange } from '@portolan/host'

/** Writes down what was before a change, of the keys that no other record has changed since. */
export type Undo = () => Promise<void>

/** What is to be written down. */
interface Deciding {
  /** Null: nothing. */
  readonly decide: () => readonly JournalChange[] | null
  /** Is it decided first from what this process knows, where that was looked at just before? */
  readonly isKnown: boolean
  /** What is written beside the first record. */
  readonly naming: () => readonly JournalChange[]
}

/** What is to be written down behind so many records, and what takes it back. */
interface Decision {
  readonly count: number
  readonly changes: readonly JournalChange[]
  readonly undo: readonly JournalChange[]
}

/**
 * Decides what is to change, and writes it down. It is decided anew where another program wrote something meanwhile.
 * @returns null: nothing was to change. It is no promise where nothing had to be waited for
 */
export const writeDecided = (
  journal: Journal,
  { decide, isKnown, naming }: Deciding,
): Undo | null | Promise<Undo | null> => {
  const decideOn = (): Decision => {
    const values = journal.read()
    const { count } = journal
    const changes = decide() ?? []
    const undo: JournalChange[] = []
    for (const { key } of changes) undo.push({ key, value: values?.get(key) ?? null })
    const beside = changes.length === 0 ? [] : naming()
    return { count, changes: beside.length === 0 ? changes : [...changes, ...beside], undo }
  }
  const writeLater = async (first: Decision, written: ReturnType<Journal['write']>): Promise<Undo | null> => {
    let decision = first
    for (let writer = await written; ; writer = await journal.write(decision.changes, decision.count)) {
      if (writer !== null) return undoOf(journal, writer, decision.undo)
      // Nothing is written where another program wrote something meanwhile: then it is looked at.
      decision = decideOn()
      if (decision.changes.length === 0) return null
    }
  }
  const decision = isKnown ? journal.asKnown(decideOn) : decideOn()
  if (decision.changes.length === 0) return null
  const writer = journal.write(decision.changes, decision.count)
  return typeof writer === 'string' ? undoOf(journal, writer, decision.undo) : writeLater(decision, writer)
}

const undoOf =
  (journal: Journal, writer: string, undo: readonly JournalChange[]): Undo =>
  () =>
    takeBack(journal, writer, undo)

/** Writes down what was before a record, but for what other records have changed since. */
const takeBack = async (journal: Journal, writer: string, undo: readonly JournalChange[]): Promise<void> => {
  for (;;) {
    journal.read()
    const { count } = journal
    const own = undo.filter(({ key }) => journal.writerOf(key) === writer)
    if (own.length === 0 || (await journal.write(own, count)) !== null) return
  }
}
