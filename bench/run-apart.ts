import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Entry, Size } from './entry.ts'
import type { Row } from './row.ts'

/** The flag that makes `main` run one entry and print its rows, and the flag for the size. */
export const childFlag = 'in-child'
export const sizeFlag = 'size'

export type Ending =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | { readonly kind: 'skipped'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string }

/** The path of this build's `main.js`. */
export const ownMain: string = fileURLToPath(new URL('./main.js', import.meta.url))

/**
 * A network and mounts that end with the process. /run is its own: `ip netns add` leaves no name behind on the machine,
 * and iptables-legacy does not wait for the machine's lock.
 */
const inside = ['sh', '-c', 'mount -t tmpfs tmpfs /run && ip link set lo up && exec "$@"', 'sh']

/** An ordinary user becomes root of a user namespace, where the machine allows it. */
const apart = (): readonly string[] => [
  'unshare',
  ...(process.geteuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  '--net',
  '--mount',
]

/** The words that run a program in its own network namespace, which ends with the program. */
export const wordsApart = (words: readonly string[]): readonly string[] => [...apart(), ...inside, ...words]

/** @param main - the `main.js` of the measured build */
export const runApart = async (
  name: string,
  needs: Entry['needs'],
  size: Size,
  main: string = ownMain,
): Promise<Ending> => {
  const own = [process.execPath, main, `--${childFlag}`, name, `--${sizeFlag}`, size]
  if (needs === 'nothing') return run(own)
  const { code, stderr } = await finish(wordsApart(['true']))
  if (code !== 0)
    return {
      kind: 'skipped',
      why: `no network namespace can be made here; run it as root (${stderr.trim()})`,
    }
  return run(wordsApart(own))
}

const run = async (words: readonly string[]): Promise<Ending> => {
  const { code, stdout, stderr } = await finish(words)
  if (code !== 0) return { kind: 'failed', why: stderr.trim() }
  return { kind: 'rows', rows: JSON.parse(stdout) as readonly Row[] }
}

/**
 * NODE_EXTRA_CA_CERTS is removed: with it, Node 20 reads all certificates at each start. That takes longer than the
 * rest of a start, also in the `node -e 0` that starts are compared with.
 */
const environment = (): NodeJS.ProcessEnv => {
  const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env
  return rest
}

interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const finish = ([program = '', ...words]: readonly string[]): Promise<Finished> =>
  new Promise((resolve) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: environment() })
    const texts = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text
      })
    child.on('error', (error) => resolve({ code: null, stdout: '', stderr: error.message }))
    child.on('close', (code) => resolve({ code, ...texts }))
  })
