import type { Journal, JournalChange, JournalFollower } from 'portolan/machine'

interface JournalRecord {
  readonly changes: readonly JournalChange[]
  readonly writer: string
}

/** The journal of one project. */
interface Written {
  readonly records: JournalRecord[]
  removed: boolean
}

/** The journals of a state directory, in memory. */
export class MemoryJournals {
  readonly #written = new Map<string, Written>()
  #writers = 0

  /** The projects that have a journal, sorted. */
  projects(): readonly string[] {
    return [...this.#written.keys()].sort()
  }

  forget(project: string): void {
    const written = this.#written.get(project)
    if (written !== undefined) written.removed = true
    this.#written.delete(project)
  }

  open(project: string, follower: JournalFollower): Journal {
    const values = new Map<string, unknown>()
    const writers = new Map<string, string>()
    let file: Written | null = null
    let count = 0
    const follow = (): Written | null => {
      if (file === null || file.removed) {
        values.clear()
        writers.clear()
        follower.clear()
        count = 0
        file = this.#written.get(project) ?? null
      }
      for (const record of file?.records.slice(count) ?? []) {
        count += 1
        for (const { key, value } of record.changes) {
          writers.set(key, record.writer)
          if (value === null) {
            values.delete(key)
            follower.remove(key)
          } else {
            values.set(key, value)
            follower.set(key, value)
          }
        }
      }
      return file
    }
    return {
      read: () => (follow() === null ? null : values),
      write: async (changes, after) => {
        follow()
        if (after !== undefined && after !== count) return null
        const written = file ?? { records: [], removed: false }
        this.#written.set(project, written)
        this.#writers += 1
        const writer = String(this.#writers)
        // A copy, as a record on a disk is one: later changes of the values do not reach it.
        written.records.push({ changes: structuredClone(changes), writer })
        follow()
        return writer
      },
      asKnown: (ask) => ask(),
      get count() {
        return count
      },
      writerOf: (key) => writers.get(key) ?? null,
      isLost: () => false,
      keep: async () => {},
      sync: async () => {},
      remove: () => this.forget(project),
      unread: 0,
      close: async () => {},
    }
  }
}
