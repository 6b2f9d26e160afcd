import { displayWidth } from './display-width.ts'

/**
 * A command of a shell in as many lines as it takes, which can be copied as they are: a line that another follows ends
 * with a backslash, and none ends within quotes.
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
    // The backslash takes two cells more.
    if (line !== '' && displayWidth(longer) > columns - 2) {
      lines.push(`${line} \\`)
      line = `${' '.repeat(hang)}${word}`
    } else line = longer
  }
  return [...lines, line]
}

/** Words with their quotes: a blank within quotes, or behind a backslash, ends none (sh(1), "Quoting"). */
const shellWords = (command: string): readonly string[] =>
  command.match(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^ '"\\]|['"\\])+/g) ?? []
