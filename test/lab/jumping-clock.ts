import { renameSync, writeFileSync } from 'node:fs'

/** $LIB is the linker's word. */
const library = '/usr/$LIB/faketime/libfaketime.so.1'

/** The time of day as some processes see it: it is set, while the time since boot goes on as ever. */
export interface JumpingClock {
  readonly environment: Readonly<Record<string, string>>
  /** @param offset - from the true time: `+1d` */
  set(offset: string): void
}

/**
 * A namespace of time moves the time since boot, and the time of day is that of the machine. So a library stands between
 * the processes and the kernel, and reads from a file what to tell.
 */
export const jumpingClock = (file: string): JumpingClock => {
  const set = (offset: string): void => {
    // A process may read it at any instant.
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
