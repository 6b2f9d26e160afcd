import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

const script = fileURLToPath(new URL('../../packages/portolan/bin/portolan.js', import.meta.url))
const built = fileURLToPath(new URL('../../packages/portolan/dist/bundle/main.cjs', import.meta.url))

/** The outcome of a command line. */
export interface Outcome {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface Setting {
  /** The working directory. */
  readonly folder: string
  /** Standard input. Default: none, and no terminal. */
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
  /** The program that runs the command, such as `unshare --net`. */
  readonly under?: readonly string[]
  /** The time limit. Default: a minute and a half. */
  readonly timeoutMs?: number
}

/** The program and the first arguments that run the command as it ships. */
export const commandLine: readonly string[] = [process.execPath, '--', script]

/**
 * Runs the built command as a user would. Nothing of this process's environment reaches it. A command that hangs is
 * ended, and its test fails by the missing exit code.
 */
export const portolan = async (words: readonly string[], setting: Setting): Promise<Outcome> => {
  if (!existsSync(built)) throw new Error(`${built} is not there: build with npm run build`)
  return run([...(setting.under ?? []), ...commandLine, ...words], setting)
}

/** Runs any program in the same way. */
export const run = async (words: readonly string[], setting: Setting): Promise<Outcome> => {
  const [program = '', ...rest] = words
  const { exitCode, stdout, stderr } = await execa(program, rest, {
    cwd: setting.folder,
    extendEnv: false,
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: setting.folder,
      ...setting.environment,
    },
    ...(setting.input === undefined ? { stdin: 'ignore' as const } : { input: setting.input }),
    stripFinalNewline: false,
    reject: false,
    timeout: setting.timeoutMs ?? 90_000,
    maxBuffer: 2 ** 28,
  })
  return { code: exitCode, stdout: stdout ?? '', stderr: stderr ?? '' }
}
