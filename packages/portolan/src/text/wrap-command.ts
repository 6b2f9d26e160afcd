import { displayWidth } from './display-width.ts'

/**
 * Breaks a shell command into lines that can be copied as they are. Each line but the last ends with a backslash, and
 * no line ends within quotes.
 * @internal
 */
export const wrapCommand = (command: string, columns: number, indent: number): readonly string[] => {
  const whole = `${' '.repeat(indent)}${command}`
  if (displayWidth(whole) <= columns) return [whole]
  const hang = Math.min(indent + 2, Math.floor(columns / 2))
  const lines: string[] = []
  let line = ''
  for (const word of shellWords(command)) {
    const longer = line === '' ? `${' '.repeat(indent)}${word}` : `${line} ${word}`
    // The blank and the backslash take two more cells.
    if (line !== '' && displayWidth(longer) > columns - 2) {
      lines.push(`${line} \\`)
      line = `${' '.repeat(hang)}${word}`
    } else line = longer
  }
  return [...lines, line]
}

/**
 * Splits a command into words with their quotes. A blank within quotes or behind a backslash does not end a word
 * (sh(1), "Quoting").
 */
const shellWords = (command: string): readonly string[] =>
  command.match(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^ '"\\]|['"\\])+/g) ?? []
