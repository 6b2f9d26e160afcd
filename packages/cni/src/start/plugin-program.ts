import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { type HandedAnswer, handOver } from '@portolan/host/handover'
import { neededVariables, type PluginCall, placeOf, servePlugin } from './plugin-call.ts'
import { loadPlugins, pluginsFile, serverFile } from './plugins-file.ts'

/** The command by which a plugin was started. */
export interface PluginProgram {
  /** The name of the executable, for messages on standard error. */
  readonly program: string
  readonly plugin: string
  readonly arguments: readonly string[]
  /** The verb of the call. */
  readonly verb: string
  /** The verbs that are answered in this process, without looking at the host. */
  readonly atOnce: readonly string[]
}

/** Serves one call: by a watch that runs on this host, or else in this process. */
export const runPlugin = async ({ program, verb, atOnce, ...started }: PluginProgram): Promise<void> => {
  /**
   * Prints a warning. Names from outside may hold control characters for a terminal, so these are replaced. Further
   * lines are indented, so that none looks like another message.
   */
  const warn = (text: string): void => {
    process.stderr.write(
      `${program}: ${text.replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').replaceAll('\n', '\n  ')}\n`,
    )
  }
  const call: PluginCall = { ...started, environment: neededVariables(process.env), stdin: readStdin(), warn }
  const handed = atOnce.includes(verb)
    ? null
    : await handOver({ ...call, place: placeOf(call), server: serverFile, version: pluginsFile })
  const { exitCode, stdout } = handed ?? (await serveHere(call, verb))
  process.stdout.write(stdout)
  process.exitCode = exitCode
}

const serveHere = async (call: PluginCall, verb: string): Promise<HandedAnswer> => {
  // V8 optimises later than by default, as in the command: code that Node 20 optimises in half a second is hardly used.
  // The young part of the heap grows faster, because new objects are mostly the loaded code, and copying them at each
  // megabyte takes time.
  if (process.version.startsWith('v20.'))
    setFlagsFromString('--interrupt-budget=1000000 --semi-space-growth-factor=16')
  const loaded = loadPlugins(/^[A-Za-z]{1,10}$/.test(verb) ? verb : null)
  const answer = await servePlugin(loaded.exports, call)
  // A refused call runs only a little of the code.
  if (answer.exitCode === 0) loaded.keep()
  return answer
}

const readStdin = (): string => {
  try {
    return readFileSync(0, 'utf8')
  } catch {
    // Standard input is not connected. The answer says that the configuration is missing.
    return ''
  }
}
