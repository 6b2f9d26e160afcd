import { createInterface } from 'node:readline'
import { visibleLine, visibleText } from '@portolan/netfilter'
import { type Style, styleFor } from '../../text/style.ts'
import { InterruptedError, unlessInterrupted } from '../interrupted-error.ts'
import type { Progress } from './progress.ts'
import { openScreen, type Screen } from './screen.ts'
import { shownText } from './shown-text.ts'
import { isTerminal, outputStream, writeOutput } from './standard-output.ts'
import { readShape } from './terminal-shape.ts'

/**
 * The place where a command writes and asks. Standard output carries only the answer, and everything else goes to
 * standard error. All text for people goes through here, and characters that would act on a terminal are written out.
 */
export interface Terminal {
  readonly interactive: boolean
  /** Prints text or JSON on standard output. Only the colours of `style` are kept. A newline is added. */
  print(text: string): void
  /**
   * Prints text for a program: a script, a ruleset, a drawing. A file or a pipe gets it as it is. On a terminal it is
   * shown like any text, and a sentence says if that changed it. A newline is added.
   */
  pass(text: string): void
  /**
   * Prints a sentence on standard error, on one line, because names in it come from the host and from files. A newline
   * is added.
   */
  say(sentence: string): void
  /**
   * Prints a text with lines of its own, or with those of another program, on standard error. Further lines are
   * indented. A newline is added.
   */
  sayLines(text: string): void
  /**
   * Asks a yes-or-no question; no is the default.
   * @throws InterruptedError when the answer is Control-C
   */
  ask(question: string): Promise<boolean>
  /**
   * Does some work. Where it takes longer than a second and standard error is a terminal, a line there says what the
   * command waits for. Control-C ends the wait, unless the work changes something.
   * @param what - what the command waits for: `reading this host and planning`
   * @throws InterruptedError after Control-C; the work may still go on
   */
  during<Result>(what: string, work: () => Promise<Result>, how?: Waiting): Promise<Result>
  readonly style: Style
  /**
   * The cells in a line of standard output. Infinity where it is no terminal: lines that a program reads are not
   * broken.
   */
  readonly columns: number
  /**
   * Takes the terminal of standard output for a text that is refreshed in place. Null: standard output is no terminal,
   * or one that cannot do this.
   */
  screen(): Screen | null
}

/** Ignores an error of standard error. There is no other place to tell it, and it must not stop an apply halfway. */
const ignoreFailure = (): void => {}

/** How the command waits for work. */
export interface Waiting {
  /** Say nothing: the output is for a program. */
  readonly quiet?: boolean
  /** The host is being changed, so the work is not cut short. */
  readonly changes?: boolean
  /** Control-C has its default effect. */
  readonly deaf?: boolean
}

/**
 * The descriptors of the streams. Node takes a millisecond or two to make each stream of the process, and most commands
 * read and print nothing there.
 */
const terminals = { input: 0, output: 1, errors: 2 } as const

let heedsErrors = false

const errorStream = (): NodeJS.WriteStream => {
  if (!heedsErrors) process.stderr.on('error', ignoreFailure)
  heedsErrors = true
  return process.stderr
}

/** The terminal this process runs in. */
export const openTerminal = (): Terminal => {
  const isShown = isTerminal(terminals.output)
  // https://no-color.org: any value that is not empty switches colour off.
  const isColoured = isShown && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb'
  const shown = isColoured ? shownText : visibleText
  let progress: Progress | null = null
  /** Erases the progress line first, so that nothing is written beside it. */
  const writeError = (text: string): void => {
    progress?.end()
    errorStream().write(text)
  }
  const write = (text: string): void => {
    progress?.end()
    writeOutput(text)
  }
  const say = (sentence: string): void => writeError(`${visibleLine(sentence)}\n`)
  const sayLines = (text: string): void =>
    // No quoted line is taken for a message of its own: an error may quote lines of other programs.
    writeError(`${visibleText(text).replaceAll('\n', '\n  ')}\n`)
  return {
    get interactive() {
      return isTerminal(terminals.input) && isTerminal(terminals.errors)
    },
    print: (text) => write(`${shown(text)}\n`),
    pass: (text) => {
      const printed = isShown ? visibleText(text) : text
      write(`${printed}\n`)
      if (printed !== text)
        say(
          'portolan: characters that would act on the terminal are shown as \\x1b and the like. Send the output to a file to have it as it is.',
        )
    },
    say,
    sayLines,
    ask: askOnTerminal,
    during: async (what, work, { quiet = false, changes = false, deaf = false } = {}) => {
      if (!quiet && isTerminal(terminals.errors) && process.env.TERM !== 'dumb') {
        const { showProgress } = await import('./progress.ts')
        progress = showProgress(`portolan: ${visibleLine(what)} ...${changes ? '' : ' (Control-C ends it)'}`)
      }
      try {
        return await (changes || deaf ? work() : unlessInterrupted(work))
      } finally {
        progress?.end()
        progress = null
      }
    },
    style: styleFor(isColoured),
    columns: isShown ? readShape().columns : Number.POSITIVE_INFINITY,
    screen: () => (isShown && process.env.TERM !== 'dumb' ? openScreen(outputStream(), shown) : null),
  }
}

const askOnTerminal = (question: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const lines = createInterface({ input: process.stdin, output: errorStream() })
    lines.once('SIGINT', () => {
      errorStream().write('\n')
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
