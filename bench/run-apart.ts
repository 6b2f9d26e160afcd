import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Entry, Size } from './entry.ts'
import type { Row } from './row.ts'

/** The option of `main` that makes it run one entry and print its rows, and the one for how large. */
export const childFlag = 'in-child'
export const sizeFlag = 'size'

export type Ending =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | { readonly kind: 'skipped'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string }

/** Of this build. */
export const ownMain: string = fileURLToPath(new URL('./main.js', import.meta.url))

/**
 * Network and mounts that end with the process. /run is its own, so that `ip netns add` leaves no name behind on the
 * machine and iptables-legacy does not wait for a lock that others hold.
 */
const inside = ['sh', '-c', 'mount -t tmpfs tmpfs /run && ip link set lo up && exec "$@"', 'sh']

/** An ordinary user is root of a user namespace, where the machine allows that. */
const apart = (): readonly string[] => [
  'unshare',
  ...(process.geteuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  '--net',
  '--mount',
]

/** A program in a network namespace of its own, which ends with it. */
export const wordsApart = (words: readonly string[]): readonly string[] => [...apart(), ...inside, ...words]

/** @param main - of the build whose code is measured */
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
 * Where NODE_EXTRA_CA_CERTS is set, Node 20 reads those certificates and all of its own whenever it starts. That takes longer
 * than the rest of a start, of `node -e 0` too, which starts are compared with.
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
