import type { JournalChange } from './record.ts'

/**
 * Keys and values that outlive this process. Any number of processes write to one journal; each change is whole or not
 * there, wherever a process is killed.
 * @public @since 0.1.0
 */
export interface Journal {
  /**
   * What it holds, changes of other processes included; null when there is no such file. Of a file that is lost it is what
   * was read before.
   * @throws PortolanError `STATE` for a file that is not a journal, or that others may write to; PermissionError
   */
  read(): ReadonlyMap<string, unknown> | null
  /**
   * Makes changes, all of them or none. Once it is fulfilled they outlive this process, and some milliseconds later a power cut.
   * Makes the file where there is none.
   * @param after - as `count` was when the changes were decided on: they are made only if no record came since
   * @returns a mark of what was written, as `writerOf` gives it; null: a record came between, and nothing was written
   * @throws PortolanError `STATE`, PermissionError; nothing has changed then
   */
  write(changes: readonly JournalChange[], after?: number): Promise<string | null>
  /** Asks for what was read or written before, without looking whether another process has written more. */
  asKnown<Result>(ask: () => Result): Result
  /** How many records were read of all that were ever written; of a file that was removed and made anew, it is less. */
  readonly count: number
  /** The mark of the record that wrote or removed a key last; null where there is none, or it was removed long ago. */
  writerOf(key: string): string | null
  /** Resolves when everything that was written here is on the disk. */
  sync(): Promise<void>
  /**
   * Is the file gone that was read, though no process of ours removed it, and nothing in its place? The next change writes
   * it again with all that it held.
   */
  isLost(): boolean
  /** Writes the file again where it is lost. */
  keep(): Promise<void>
  /** Removes the file. Other processes find no file from then on. */
  remove(): void
  /** Records that could not be read: cut off as a process or the disk's room ended, or damaged. */
  readonly unread: number
  close(): Promise<void>
}

/**
 * What follows a journal: told of every key as it is read or written, so that it can keep indexes.
 * @public @since 0.1.0
 */
export interface JournalFollower {
  set(key: string, value: unknown): void
  remove(key: string): void
  /** Everything is about to be told anew. */
  clear(): void
}
