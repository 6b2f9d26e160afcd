import type { JournalChange } from './record.ts'

/**
 * Keys and values that outlive this process. Any number of processes write to one journal. A change is written whole or
 * not at all, wherever a process is killed.
 * @public @since 0.1.0
 */
export interface Journal {
  /**
   * The keys and values, with the changes of other processes; null when there is no such file. For a lost file: the
   * values that were read before.
   * @throws PortolanError `STATE` for a file that is not a journal, or that others may write to; PermissionError
   */
  read(): ReadonlyMap<string, unknown> | null
  /**
   * Makes all of the changes, or none. Once the promise is fulfilled they outlive this process, and some milliseconds
   * later a power cut. A missing file is made.
   * @param after - the value of `count` when the changes were decided on; a record that came since then prevents them
   * @returns the mark of this record, as `writerOf` gives it; null: a record came between, and nothing was written
   * @throws PortolanError `STATE`, PermissionError; nothing is changed then
   */
  write(changes: readonly JournalChange[], after?: number): Promise<string | null>
  /** Runs a function on the values already read or written, without a look at what other processes wrote since. */
  asKnown<Result>(ask: () => Result): Result
  /**
   * The number of the last record read, over all records ever written. A file that was removed and made again counts
   * from another, random number.
   */
  readonly count: number
  /**
   * The mark of the last record that wrote or removed this key; null: no record did, or the key was removed long ago.
   */
  writerOf(key: string): string | null
  /** Resolves when everything written through this journal is on the disk. */
  sync(): Promise<void>
  /**
   * Tells whether the file disappeared though no process of ours removed it. The next change writes it again with all
   * its values.
   */
  isLost(): boolean
  /** Writes a lost file again. */
  keep(): Promise<void>
  /** Removes the file. Other processes then find no file. */
  remove(): void
  /** How many records could not be read: damaged, or cut off by the end of a process or a full disk. */
  readonly unread: number
  close(): Promise<void>
}

/**
 * A listener that learns every key as it is read or written, to keep indexes.
 * @public @since 0.1.0
 */
export interface JournalFollower {
  set(key: string, value: unknown): void
  remove(key: string): void
  /** All keys are about to be reported again from the start. */
  clear(): void
}
