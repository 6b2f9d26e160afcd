/** A terminal that shows one text after another in the same place. */
export interface Screen {
  /** Shows lines in place of those that were shown before. Lines that do not fit are cut, and a line says so. */
  show(lines: readonly string[]): void
  /** Aborted by Control-C or by a request to end. */
  readonly left: AbortSignal
  /** Leaves the last lines on the terminal. */
  close(): void
}

/** Erases what is right of the cursor, and what is below it (ECMA-48, EL and ED). */
const restOfLine = '\u001b[K'
const restOfScreen = '\u001b[J'
const home = '\u001b[H'
/** DECAWM: a line that is too long is cut by the terminal, and takes one line. */
const noWrapping = '\u001b[?7l'
const wrapping = '\u001b[?7h'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The terminal on which a screen writes. */
interface ScreenOutput {
  readonly rows: number
  write(text: string): unknown
}

/**
 * Takes a terminal for lines that are refreshed, until Control-C or a request to end.
 * @param shown - writes out characters that would act on the terminal
 */
export const openScreen = (output: ScreenOutput, shown: (text: string) => string): Screen => {
  const leaving = new AbortController()
  const leave = (): void => leaving.abort()
  for (const signal of signals) process.on(signal, leave)
  output.write(`${noWrapping}${home}${restOfScreen}`)
  return {
    show: (lines) => {
      const room = Math.max((output.rows || 24) - 1, 2)
      const fitting =
        lines.length <= room
          ? lines
          : [...lines.slice(0, room - 1), `and ${lines.length - room + 1} more lines: use a higher terminal.`]
      const text = fitting.map((line) => `${shown(line)}${restOfLine}\n`).join('')
      output.write(`${home}${text}${restOfScreen}`)
    },
    left: leaving.signal,
    close: () => {
      for (const signal of signals) process.off(signal, leave)
      output.write(wrapping)
    },
  }
}
