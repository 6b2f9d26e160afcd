import { untilWritten, whyUnwritten } from '@portolan/host/file'

let isTold = false

/**
 * Takes what becomes of standard output while it is written. A reader that has read enough (`portolan ... | head`) is no
 * failure. Of any other failure, such as a full disk, a line tells, and the command ends with exit code 1. Neither
 * stops an apply halfway.
 */
export const heedOutput = (error: NodeJS.ErrnoException): void => {
  if (error.code === 'EPIPE' || isTold) return
  isTold = true
  process.once('exit', () => {
    process.exitCode = 1
  })
  process.stderr.write(
    `portolan: standard output could not be written: ${whyUnwritten(error)}. What was written is only a part. ${untilWritten(error)}, and run this again.\n`,
  )
}
