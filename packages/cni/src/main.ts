import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { loadScript } from '@portolan/host/file'
import type { runCni } from './run-cni.ts'

/** Written by script/bundle.js: the file that has `runCni`. */
declare const COMMANDS_FILE: string

const readStdin = (): string => {
  try {
    return readFileSync(0, 'utf8')
  } catch {
    // Nothing is connected there: the answer says that the configuration is missing.
    return ''
  }
}

/** What others named may hold what steers a terminal. */
const warn = (text: string): void => {
  process.stderr.write(`portolan-cni: ${text.replaceAll(/[^\P{Cc}\n]/gu, '?')}\n`)
}

const serve = async (): Promise<void> => {
  // It waits longer before it optimises, as the command does: what Node 20 optimises in half a second is hardly used.
  if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=1000000')
  const verb = process.env.CNI_COMMAND ?? ''
  const file = join(import.meta.dirname, COMMANDS_FILE)
  const purpose = /^[A-Z]{1,10}$/.test(verb) ? verb : null
  const program = loadScript<{ readonly runCni: typeof runCni }>(file, purpose)
  const { exitCode, stdout } = await program.exports.runCni({
    environment: process.env,
    stdin: readStdin(),
    warn,
  })
  process.stdout.write(stdout)
  process.exitCode = exitCode
  // What is refused runs little of the code.
  if (exitCode === 0) program.keep()
}

void serve()
