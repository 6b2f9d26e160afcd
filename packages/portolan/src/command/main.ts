import { join } from 'node:path'
import { loadScript, prepareStart } from '@portolan/host/file'
import { version } from '../version.ts'
import { heedOutput } from './output/failed-output.ts'
import type { run } from './run.ts'

/** Written by script/bundle.js: the file that has `run`. */
declare const COMMANDS_FILE: string

/** The file that has `run` too, but no command: what is asked for help with comes to load none. */
declare const BRIEF_FILE: string

/** Only where no other word may turn out to be what an option is to be set to, or behind `--`. */
const asksForHelp = (words: readonly string[]): boolean => {
  const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h'
  const [first, second] = words
  if (words.length > 2) return false
  return first === undefined || isHelp(first) || first === 'help' || isHelp(second)
}

/** What of the code a command line needs, in one word; null: it does not begin with one. */
const purposeOf = (words: readonly string[]): string | null => {
  const [first] = words
  if (first === undefined || words.includes('--help') || words.includes('-h')) return 'help'
  return /^[a-z]{1,20}$/.test(first) ? first : null
}

/**
 * Commands that may run until they are stopped. Most others end in less than half a second. A line without a purpose may
 * be any command.
 */
const mayStay = (words: readonly string[], purpose: string | null): boolean =>
  purpose === null || ['watch', 'cluster'].includes(purpose) || words.includes('--watch')

/** Node opens its debugger at a port on this signal, and a watch is root and runs for months: a listener is in its place. */
const closeDebugger = (): void => {
  process.on('SIGUSR1', () => {})
}

const start = async (words: readonly string[]): Promise<void> => {
  closeDebugger()
  const purpose = purposeOf(words)
  prepareStart({ stays: mayStay(words, purpose) })
  const file = join(import.meta.dirname, asksForHelp(words) ? BRIEF_FILE : COMMANDS_FILE)
  const commands = loadScript<{ readonly run: typeof run }>(file, purpose)
  process.exitCode = await commands.exports.run(words)
  // What was cut short may go on for long, and has nothing more to tell.
  if (process.exitCode === 130) process.exit()
  // A command line that is wrong runs little of the code, and its first word may be anything.
  if (process.exitCode !== 1) commands.keep()
}

// Nothing else is loaded before it is needed: `portolan --version` should cost what node itself costs.
const words = process.argv.slice(2)
if (words.length === 1 && ['--version', '-V', '-v', 'version'].includes(words[0] ?? '')) {
  process.stdout.on('error', heedOutput)
  process.stdout.write(`${version}\n`)
} else void start(words)
