import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { MissingToolError, PortolanError } from '@portolan/netfilter'
import { errorCode } from '@portolan/netfilter/schema'
import { programEnvironment } from '../runner/program-environment.ts'
import { startFailure } from '../runner/start-failure.ts'
import { openLockFile } from './lock-file.ts'
import { type LockHolder, lockHolder } from './lock-holder.ts'

/** A lock that this process holds until the last copy of its descriptor is closed. */
export interface FileLock {
  /**
   * The locked descriptor. A child that inherits it holds the lock too, which is free once parent and child have ended.
   */
  readonly descriptor: number
  /** Closes this process's copy. */
  release(): void
}

/** Several processes can hold a shared lock at once. While one does, no process gets an exclusive lock. */
type LockKind = 'exclusive' | 'shared'

/** The exit code that flock(1) is told to use when another process holds the lock. */
const CONFLICT = 75

/**
 * Takes the lock of a file (flock(2)). The kernel gives it to one open file description at a time. The lock ends with
 * the last descriptor of that description: by release, or by the end of its processes, however they end.
 *
 * Node cannot lock a file. flock(1) can lock a descriptor that it inherits, and the lock stays with the description
 * when flock(1) exits. util-linux is on every Debian (Essential), and BusyBox has flock too. It also does the waiting,
 * asleep in the kernel.
 *
 * @param path - see `openLockFile`
 * @param onBusy - called once with the holder, before the waiting begins
 * @param kind - `shared` only looks whether another process has the lock: two such looks do not block each other
 * @returns null when other processes had the lock until the timeout
 * @throws PortolanError `LOCK`, PermissionError, MissingToolError
 */
export const takeFileLock = async (
  path: string,
  timeoutMs: number,
  onBusy: (holder: LockHolder | null) => void = () => {},
  kind: LockKind = 'exclusive',
): Promise<FileLock | null> => {
  const descriptor = openLockFile(path)
  try {
    let taken = await lock(descriptor, kind, ['--nonblock'])
    if (!taken) {
      onBusy(lockHolder(descriptor))
      taken = timeoutMs > 0 && (await lock(descriptor, kind, ['--timeout', (timeoutMs / 1000).toFixed(3)]))
    }
    if (taken) return { descriptor, release: () => closeSync(descriptor) }
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
  closeSync(descriptor)
  return null
}

/**
 * Runs flock(1) on the descriptor.
 * @returns false when another process has the lock
 */
const lock = (descriptor: number, kind: LockKind, options: readonly string[]): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const child = startFlock(descriptor, [
      `--${kind}`,
      '--conflict-exit-code',
      String(CONFLICT),
      ...options,
      '3',
    ])
    let words = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words += text
    })
    child.on('error', (error) => reject(startError(error)))
    child.on('close', (code, signal) => {
      if (code === 0 || code === CONFLICT) resolve(code === 0)
      else
        reject(
          new PortolanError(
            'LOCK',
            `The lock could not be taken: flock ${signal === null ? `exited with ${code}` : `was ended by ${signal}`}${words === '' ? '' : ` (${words.trim()})`}. Run this again.`,
          ),
        )
    })
  })

/** @throws MissingToolError, PortolanError (`LOCK`) for errors that Node throws, and reports by no event (ENOMEM) */
const startFlock = (descriptor: number, words: readonly string[]): ChildProcess => {
  try {
    return spawn('flock', words, {
      env: programEnvironment(process.env),
      stdio: ['ignore', 'ignore', 'pipe', descriptor],
    })
  } catch (error) {
    throw startError(error)
  }
}

const startError = (cause: unknown): PortolanError => {
  if (errorCode(cause) === 'ENOENT') return new MissingToolError('flock', 'util-linux', { cause })
  const { why, mend } = startFailure(cause)
  return new PortolanError(
    'LOCK',
    { problem: `The program flock of util-linux could not be run: ${why}.`, remedy: () => mend },
    { cause },
  )
}
