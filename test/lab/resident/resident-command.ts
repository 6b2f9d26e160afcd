import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunOutcome } from '../run.ts'
import { residentProcess } from './resident-process.ts'

const server = fileURLToPath(new URL('command-server.cjs', import.meta.url))
const bundle = fileURLToPath(new URL('../../../packages/portolan/dist/bundle', import.meta.url))

/** They read standard input, or go on until a signal ends them, */
const ownProcess = ['evaluate', 'watch', '--watch', 'docker-plugin']
/** unless they are told to end. */
const ending = ['--once']

const needsOwn = (words: readonly string[]): boolean =>
  words.includes('-') ||
  (words.some((word) => ownProcess.includes(word)) && !words.some((word) => ending.includes(word)))

/** The `portolan` command, loaded once for many command lines. */
export interface ResidentCommand extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /** Its process; null before the first command line, or when it has ended. */
  readonly pid: number | null
  /** Runs a command line; null: this one needs a process of its own, or another one is under way. */
  run(words: readonly string[]): Promise<RunOutcome> | null
}

const commandsFile = (): string => {
  const found = readdirSync(bundle).find((name) => /^commands-.*\.cjs$/.test(name))
  if (found === undefined) throw new Error(`no commands in ${bundle}: run "node script/bundle.js"`)
  return join(bundle, found)
}

/**
 * Node takes longer to load the command than most command lines take. What a process keeps between them is what a program
 * that uses the library keeps.
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
