const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
const lined = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd()

/**
 * A pattern for a shown text. A line with only `…` stands for any number of lines; `…` within a line stands for any
 * text.
 */
const patternOf = (shown: string): RegExp =>
  new RegExp(
    `^${shown
      .split('\n')
      .map((line) => (line.trim() === '…' ? '(?:.*\n)*?' : `${line.split('…').map(escaped).join('.*?')}\n`))
      .join('')}$`,
  )

/**
 * The text to compare with the shown one: the shown text itself where the output matches it, else the output. So a
 * failed test shows the difference.
 */
export const fitted = (printed: string, shown: string): string =>
  patternOf(lined(shown)).test(lined(printed) === '' && lined(shown) === '' ? '\n' : `${lined(printed)}\n`)
    ? shown
    : printed
