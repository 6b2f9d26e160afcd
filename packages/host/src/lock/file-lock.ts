import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { MissingToolError, PortolanError } from '@portolan/netfilter'
import { programEnvironment } from '../runner/program-environment.ts'
import { openLockFile } from './lock-file.ts'
import { type LockHolder, lockHolder } from './lock-holder.ts'

/** A lock that this process has, until the last copy of its descriptor is closed. */
export interface FileLock {
  /** A child that inherits it has the lock too: it is free when parent and child are both gone. */
  readonly descriptor: number
  /** Closes this process's copy. */
  release(): void
}

/** Of a lock that is shared several processes have one each, and none has it whole. */
type LockKind = 'exclusive' | 'shared'

/** The exit code that flock(1) is told to use if it does not get the lock. */
const CONFLICT = 75

/**
 * Takes the lock of a file (flock(2)), which the kernel gives to one open file description at a time, and takes back
 * when the last descriptor of it is closed: by release, or by the end of its processes, however they end.
 *
 * Node cannot lock a file. flock(1) can lock a descriptor that it inherits, and the lock stays with the description
 * when it exits; util-linux is on every Debian (Essential), and BusyBox has it too. It also does the waiting, asleep
 * in the kernel.
 *
 * @param path - see `openLockFile`
 * @param onBusy - called once, when another process has it, before the waiting begins
 * @param kind - `shared` to look whether a process has it: two that look at once do not take each other for one that has it
 * @returns null when another process had it all the time
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

/** @returns false when another process has the lock */
const lock = (descriptor: number, kind: LockKind, options: readonly string[]): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const child = spawn('flock', [`--${kind}`, '--conflict-exit-code', String(CONFLICT), ...options, '3'], {
      env: programEnvironment(process.env),
      stdio: ['ignore', 'ignore', 'pipe', descriptor],
    })
    let words = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words += text
    })
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new MissingToolError('flock', 'util-linux', { cause: error })
          : new PortolanError('LOCK', `flock could not be run: ${error.message}.`, { cause: error }),
      ),
    )
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
