import { renameSync, writeFileSync } from 'node:fs'

/** The dynamic linker replaces $LIB by the machine's library folder. */
const library = '/usr/$LIB/faketime/libfaketime.so.1'

/** A wall clock that some processes see, and that a test sets. Their monotonic clock is not changed. */
export interface JumpingClock {
  readonly environment: Readonly<Record<string, string>>
  /** @param offset - from the true time: `+1d` */
  set(offset: string): void
}

/**
 * A time namespace moves only the monotonic clocks and leaves the wall clock. So a library (libfaketime) answers the
 * processes instead of the kernel. It reads the offset from a file.
 */
export const jumpingClock = (file: string): JumpingClock => {
  const set = (offset: string): void => {
    // A process may read the file at any moment, so a rename replaces it as a whole.
    writeFileSync(`${file}.new`, `${offset}\n`)
    renameSync(`${file}.new`, file)
  }
  set('+0')
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
  }
}
