import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { type HandedAnswer, handOver } from '@portolan/host/handover'
import { type PluginCall, placeOf, servePlugin, toldBy } from './plugin-call.ts'
import { loadPlugins, pluginsFile, serverFile } from './plugins-file.ts'

/** How a plugin was started. */
export interface PluginProgram {
  /** The name of the executable, for what is told on standard error. */
  readonly program: string
  readonly plugin: string
  readonly arguments: readonly string[]
  /** The word for what is asked. */
  readonly verb: string
  /** Words that are answered without a look at the host. */
  readonly atOnce: readonly string[]
}

/** Serves one call: a watch that runs on this host does the work, or else this process. */
export const runPlugin = async ({ program, verb, atOnce, ...started }: PluginProgram): Promise<void> => {
  /** What others named may hold what steers a terminal, and no line of it is taken for a message of its own. */
  const warn = (text: string): void => {
    process.stderr.write(
      `${program}: ${text.replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').replaceAll('\n', '\n  ')}\n`,
    )
  }
  const call: PluginCall = { ...started, environment: toldBy(process.env), stdin: readStdin(), warn }
  const handed = atOnce.includes(verb)
    ? null
    : await handOver({ ...call, place: placeOf(call), server: serverFile, version: pluginsFile })
  const { exitCode, stdout } = handed ?? (await serveHere(call, verb))
  process.stdout.write(stdout)
  process.exitCode = exitCode
}

const serveHere = async (call: PluginCall, verb: string): Promise<HandedAnswer> => {
  // It waits longer before it optimises, as the command does: what Node 20 optimises in half a second is hardly used. And
  // what is new on the heap, which is mostly the code that was loaded, is not copied at each megabyte.
  if (process.version.startsWith('v20.'))
    setFlagsFromString('--interrupt-budget=1000000 --semi-space-growth-factor=16')
  const loaded = loadPlugins(/^[A-Za-z]{1,10}$/.test(verb) ? verb : null)
  const answer = await servePlugin(loaded.exports, call)
  // What is refused runs little of the code.
  if (answer.exitCode === 0) loaded.keep()
  return answer
}

const readStdin = (): string => {
  try {
    return readFileSync(0, 'utf8')
  } catch {
    // Nothing is connected there: the answer says that the configuration is missing.
    return ''
  }
}
