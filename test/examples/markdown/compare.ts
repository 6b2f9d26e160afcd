const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
const lined = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd()

/** A line that is `…` alone stands for any lines, also for none; `…` within a line for any text of that line. */
const patternOf = (shown: string): RegExp =>
  new RegExp(
    `^${shown
      .split('\n')
      .map((line) => (line.trim() === '…' ? '(?:.*\n)*?' : `${line.split('…').map(escaped).join('.*?')}\n`))
      .join('')}$`,
  )

/**
 * What has to equal the shown text: the shown text itself where what was printed fits it, else what was printed, so
 * that a failed test shows the difference.
 */
export const fitted = (printed: string, shown: string): string =>
  patternOf(lined(shown)).test(lined(printed) === '' && lined(shown) === '' ? '\n' : `${lined(printed)}\n`)
    ? shown
    : printed
