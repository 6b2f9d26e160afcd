import { untilWritten, whyUnwritten } from '@portolan/host/file'

let isReported = false

/**
 * Handles an error of standard output. A reader that has read enough (`portolan ... | head`) is no failure. Any other
 * failure, such as a full disk, is told in a line, and the command ends with exit code 1. Neither stops an apply
 * halfway.
 */
export const heedOutput = (error: NodeJS.ErrnoException): void => {
  if (error.code === 'EPIPE' || isReported) return
  isReported = true
  process.once('exit', () => {
    process.exitCode = 1
  })
  process.stderr.write(
    `portolan: standard output could not be written: ${whyUnwritten(error)}. Only a part was written. ${untilWritten(error)}, and run this again.\n`,
  )
}
