import { createInterface } from 'node:readline/promises'
import { type Style, styleFor } from '../plan/style.ts'
import { visibleText } from '../plan/visible-text.ts'

/** Where a command writes and asks. Standard output carries only the answer; everything said beside it is standard error's. */
export interface Terminal {
  readonly interactive: boolean
  /** Text for standard output; a newline is added. */
  print(text: string): void
  /** Text for standard error, control characters written out; a newline is added. */
  say(text: string): void
  /** Asks a yes-or-no question; no is the default. */
  ask(question: string): Promise<boolean>
  readonly style: Style
}

/**
 * `portolan ... | head`: who reads us may have read enough. That is no failure, and must not stop an apply
 * halfway.
 */
const ignoreClosedPipe = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error
}

/** The terminal this process runs in. */
export const openTerminal = (): Terminal => {
  process.stdout.on('error', ignoreClosedPipe)
  process.stderr.on('error', ignoreClosedPipe)
  return processTerminal()
}

const processTerminal = (): Terminal => ({
  interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
  print: (text) => void process.stdout.write(`${text}\n`),
  say: (text) => void process.stderr.write(`${visibleText(text)}\n`),
  ask: async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr })
    try {
      return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
    } finally {
      lines.close()
    }
  },
  // https://no-color.org: any value that is not empty switches colour off.
  style: styleFor(process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === ''),
})
