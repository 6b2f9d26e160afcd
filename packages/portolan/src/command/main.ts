import { join } from 'node:path'
import { loadScript, prepareStart } from '@portolan/host/file'
import { version } from '../version.ts'
import { writeOutput } from './output/standard-output.ts'
import type { run } from './run.ts'

/** The file that has `run`. script/bundle.js sets this name. */
declare const COMMANDS_FILE: string

/** Another file that has `run`, and no command. A command line that asks for help loads it, and needs no command. */
declare const BRIEF_FILE: string

/** Does a command line ask for help? Only if no word can be the value of an option, or stand behind `--`. */
const asksForHelp = (words: readonly string[]): boolean => {
  const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h'
  const [first, second] = words
  if (words.length > 2) return false
  return first === undefined || isHelp(first) || first === 'help' || isHelp(second)
}

/** The command of a line, whose compiled code is kept apart; null: the line does not begin with a word. */
const purposeOf = ([first = '']: readonly string[]): string | null =>
  /^[a-z]{1,20}$/.test(first) ? first : null

/**
 * May a command run until it is stopped? Most others end in less than half a second. A line without a purpose may be
 * any command.
 */
const mayStay = (words: readonly string[], purpose: string | null): boolean =>
  purpose === null || ['watch', 'cluster'].includes(purpose) || words.includes('--watch')

/**
 * Closes Node's debugger with a listener in its place. Node opens a debugger port on this signal, and a watch runs as
 * root for months.
 */
const closeDebugger = (): void => {
  process.on('SIGUSR1', () => {})
}

const start = async (words: readonly string[]): Promise<void> => {
  closeDebugger()
  const isBrief = asksForHelp(words)
  const purpose = isBrief ? 'help' : purposeOf(words)
  // V8's options, and the tag of them, come by a module that loads the streams of Node. Help ends sooner without.
  if (!isBrief) prepareStart({ stays: mayStay(words, purpose) })
  const file = join(import.meta.dirname, isBrief ? BRIEF_FILE : COMMANDS_FILE)
  const commands = loadScript<{ readonly run: typeof run }>(file, purpose, { tagged: !isBrief })
  process.exitCode = await commands.exports.run(words)
  // Work that was cut short may go on for long, and has nothing more to tell.
  if (process.exitCode === 130) process.exit()
  // A command line with an error runs little of the code, and its first word may be anything. So nothing is kept of it.
  if (process.exitCode !== 1) commands.keep()
}

// Nothing else is loaded before it is needed: `portolan --version` should cost what node itself costs.
const words = process.argv.slice(2)
if (words.length === 1 && ['--version', '-V', '-v', 'version'].includes(words[0] ?? ''))
  writeOutput(`${version}\n`)
else void start(words)
