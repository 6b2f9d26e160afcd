import { createInterface } from 'node:readline'
import { visibleText } from '@portolan/netfilter'
import { type Style, styleFor } from '../text/style.ts'
import { InterruptedError } from './interrupted-error.ts'
import { openScreen, type Screen } from './screen.ts'
import { shownText } from './shown-text.ts'
import { readShape } from './terminal-shape.ts'

/**
 * Where a command writes and asks. Standard output carries only the answer; everything said beside it is standard
 * error's. All text for people goes through here, and characters that would act on a terminal are written out.
 */
export interface Terminal {
  readonly interactive: boolean
  /** Text or JSON for standard output, with colours of `style` alone; a newline is added. */
  print(text: string): void
  /**
   * What a program reads: a script, a ruleset, a drawing. To a file or a pipe it goes as it is; on a terminal it is
   * shown like any text, and it is said if that changed it. A newline is added.
   */
  pass(text: string): void
  /** A message for standard error; what is behind a newline in it is indented. A newline is added. */
  say(text: string): void
  /**
   * Asks a yes-or-no question; no is the default.
   * @throws InterruptedError when the answer is Control-C
   */
  ask(question: string): Promise<boolean>
  readonly style: Style
  /** Cells in a line of standard output; Infinity where it is no terminal: lines that a program reads are not broken. */
  readonly columns: number
  /** Takes the terminal of standard output, for a text that is refreshed in place; null: standard output is none, or cannot. */
  screen(): Screen | null
}

/**
 * `portolan ... | head`: the reader may have read enough. That is no failure, and must not stop an apply
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

const processTerminal = (): Terminal => {
  // https://no-color.org: any value that is not empty switches colour off.
  const isColoured = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === ''
  const shown = isColoured ? shownText : visibleText
  const say = (text: string): void =>
    // No line of a message is taken for a message of its own: an error may quote lines of others.
    void process.stderr.write(`${visibleText(text).replaceAll('\n', '\n  ')}\n`)
  return {
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    print: (text) => void process.stdout.write(`${shown(text)}\n`),
    pass: (text) => {
      const printed = process.stdout.isTTY === true ? visibleText(text) : text
      process.stdout.write(`${printed}\n`)
      if (printed !== text)
        say(
          'portolan: characters that would act on the terminal are shown as \\x1b and the like. Send the output to a file to have it as it is.',
        )
    },
    say,
    ask: askOnTerminal,
    style: styleFor(isColoured),
    columns: process.stdout.isTTY === true ? readShape().columns : Number.POSITIVE_INFINITY,
    screen: () =>
      process.stdout.isTTY === true && process.env.TERM !== 'dumb' ? openScreen(process.stdout, shown) : null,
  }
}

const askOnTerminal = (question: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr })
    lines.once('SIGINT', () => {
      process.stderr.write('\n')
      reject(new InterruptedError())
      lines.close()
    })
    // Control-D ends the input without an answer, and no answer is no.
    lines.once('close', () => resolve(false))
    lines.question(`${visibleText(question)} [y/N] `, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()))
      lines.close()
    })
  })
