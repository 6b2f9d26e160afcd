import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunOutcome } from '../run.ts'
import { residentProcess } from './resident-process.ts'

const server = fileURLToPath(new URL('command-server.cjs', import.meta.url))
const bundle = fileURLToPath(new URL('../../../packages/portolan/dist/bundle', import.meta.url))

/** Words of command lines that read standard input, or run until a signal ends them. They need their own process. */
const ownProcess = ['evaluate', 'watch', '--watch', 'docker-plugin']
/** Words that make such a command line end by itself. */
const ending = ['--once']

const needsOwn = (words: readonly string[]): boolean =>
  words.includes('-') ||
  (words.some((word) => ownProcess.includes(word)) && !words.some((word) => ending.includes(word)))

/** The `portolan` command, loaded once for many command lines. */
export interface ResidentCommand extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /** The process id; null before the first command line, and after the process has ended. */
  readonly pid: number | null
  /** Runs a command line; null: it needs its own process, or another one is running. */
  run(words: readonly string[]): Promise<RunOutcome> | null
}

const commandsFile = (): string => {
  const found = readdirSync(bundle).find((name) => /^commands-.*\.cjs$/.test(name))
  if (found === undefined) throw new Error(`no commands in ${bundle}: run "node script/bundle.js"`)
  return join(bundle, found)
}

/**
 * Keeps the `portolan` command loaded in one process, because Node takes longer to load it than most command lines
 * take. The process keeps no more state between command lines than a program that uses the library.
 * @param inside - the argv that enters a machine
 */
export const residentCommand = (
  inside: readonly string[],
  environment: Readonly<Record<string, string>>,
): ResidentCommand => {
  const resident = residentProcess(inside, () => [server, commandsFile()], environment)
  return {
    get pid() {
      return resident.pid
    },
    run: (words) => (needsOwn(words) ? null : resident.ask(words)),
    [Symbol.asyncDispose]: () => resident[Symbol.asyncDispose](),
  }
}
