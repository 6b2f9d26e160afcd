/** The width of standard output, and whether it shows more than ASCII. */
export interface TerminalShape {
  readonly columns: number
  readonly unicode: boolean
}

interface Surroundings {
  /** The width of the terminal, where standard output is one. */
  readonly columns: number | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A wider picture is not easier to read, even on a very wide screen. */
const WIDEST = 160

/**
 * Reads the shape of standard output. A pipe has no width: COLUMNS is taken, or 80. The locale says what can be shown:
 * the first of these variables that is set (setlocale(3)).
 */
export const readShape = (
  { columns, environment }: Surroundings = {
    columns: process.stdout.columns,
    environment: process.env,
  },
): TerminalShape => {
  const { LC_ALL, LC_CTYPE, LANG, COLUMNS, TERM } = environment
  const named = /^\d+$/.test(COLUMNS ?? '') ? Number(COLUMNS) : 0
  const locale = LC_ALL || LC_CTYPE || LANG || ''
  return {
    columns: Math.min(columns || named || 80, WIDEST),
    unicode: /utf-?8/i.test(locale) && TERM !== 'dumb',
  }
}
