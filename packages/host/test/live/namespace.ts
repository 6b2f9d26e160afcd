import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { named } from '../../../../test/lab/waiting.ts'

const packageFolder = join(import.meta.dirname, '../..')
let made = 0

/** Root, an ordinary user, or root in a container whose /proc/sys is mounted read-only. */
export type Actor = 'root' | 'ordinary user' | 'readonly'

const becoming: Readonly<Record<Actor, readonly string[]>> = {
  root: [],
  'ordinary user': ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
  readonly: ['unshare', '-m', 'sh', '-c', 'mount -o bind,ro /proc/sys /proc/sys && exec "$@"', 'sh'],
}

/** A network namespace for one test file, with loopback up. */
export interface Namespace {
  readonly name: string
  /** Runs a program inside and returns its output. */
  sh(command: string): string
  /**
   * Runs an ES module inside, as root or as an ordinary user; `@portolan/host` is the built package. Resolves with the
   * value that the module passes to `report(value)`.
   */
  node(code: string, user?: Actor): Promise<unknown>
  /** Starts an ES module inside, and does not wait for its end. */
  start(code: string): ReturnType<typeof spawn>
  /** The same, and resolves once it has printed something. */
  startAndHear(code: string): Promise<ReturnType<typeof spawn>>
  remove(): void
}

export const makeNamespace = (): Namespace => {
  made += 1
  const name = `ptl-host-${process.pid}-${made}`
  execFileSync('ip', ['netns', 'add', name])
  const inside = ['netns', 'exec', name]
  execFileSync('ip', [...inside, 'ip', 'link', 'set', 'lo', 'up'])
  const start = (code: string, user: Actor = 'root') => {
    const script = `const report = (value) => console.log(JSON.stringify(value ?? null));${code}`
    return spawn(
      'ip',
      [...inside, ...becoming[user], process.execPath, '--input-type=module', '-e', script],
      {
        cwd: packageFolder,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
  }
  return {
    name,
    sh: (command) => execFileSync('ip', [...inside, 'sh', '-ec', command], { encoding: 'utf8' }),
    node: (code, user) => output(start(code, user)),
    start,
    startAndHear: async (code) => {
      const child = start(code)
      await hear(child)
      return child
    },
    remove: () => execFileSync('ip', ['netns', 'del', name]),
  }
}

/** Resolves once the process has printed something. When it ends before that, its output becomes an error. */
const hear = async (child: ReturnType<typeof spawn>): Promise<void> => {
  let stderr = ''
  const heard = new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (data) => {
      stderr += data
    })
    child.stdout?.once('data', () => resolve())
    child.once('close', (code) => reject(new Error(`ended with ${code} before it said anything\n${stderr}`)))
  })
  await named('the first words of a module in a namespace', heard, () => stderr)
}

const output = (child: ReturnType<typeof spawn>): Promise<unknown> => {
  let stdout = ''
  let stderr = ''
  const ended = new Promise((resolve, reject) => {
    child.stdout?.on('data', (data) => {
      stdout += data
    })
    child.stderr?.on('data', (data) => {
      stderr += data
    })
    child.on('close', (code) => {
      if (code === 0 && stdout !== '') resolve(fromJson(stdout.trimEnd().split('\n').at(-1) ?? ''))
      else reject(new Error(`exit code ${code}\n${stdout}${stderr}`))
    })
  })
  return named('the end of a module in a namespace', ended, () => `${stdout}${stderr}`)
}

const newest = (folder: string): number =>
  Math.max(
    0,
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|js)$/.test(file) && !file.endsWith('.d.ts'))
      .map((file) => statSync(join(folder, file)).mtimeMs),
  )

const impossible = (): string | null => {
  if (process.getuid?.() !== 0) return 'network namespaces are made as root'
  const built = join(packageFolder, 'dist')
  if (!existsSync(join(built, 'index.js')) || newest(built) < newest(join(packageFolder, 'src')))
    return 'packages/host is not built from its present sources (npm run build)'
  try {
    makeNamespace().remove()
    return null
  } catch (error) {
    return `a network namespace could not be made: ${String(error)}`
  }
}

/**
 * Describes tests against the running kernel. Where that is not possible, they print the reason and are skipped; in CI
 * they fail.
 */
export const describeLive = (name: string, suite: () => void): void => {
  const reason = impossible()
  if (reason === null || process.env.CI === 'true') {
    describe(name, suite)
    return
  }
  console.warn(`NOT TESTED against the kernel: ${name}: ${reason}`)
  describe.skip(name, suite)
}
