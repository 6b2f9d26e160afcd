import { fstatSync, futimesSync, statSync } from 'node:fs'
import { PortolanError, visibleLine } from '@portolan/netfilter'
import { type FileLock, takeFileLock } from './file-lock.ts'
import { isHeldHere, whileHeld, withinHeld } from './held-here.ts'
import { hostLockFile } from './host-lock-file.ts'
import { bequeathLock } from './inherited-locks.ts'
import { holderRemedy, type LockHolder } from './lock-holder.ts'
import { isXtablesLocked, xtablesFree, xtablesHolder, xtablesLocked } from './xtables-lock.ts'

/**
 * Options of `withHostLock`.
 * @public @since 0.1.0
 */
export interface HostLockOptions {
  /** How long to wait for the lock before giving up, in milliseconds; absent: a minute. 0 does not wait. */
  readonly timeoutMs?: number
  /** Called when the waiting begins, because another process holds this lock or the lock of iptables. */
  readonly onWait?: (holder: LockHolder | null) => void
}

/**
 * Runs work while no other process changes this network namespace through Portolan.
 *
 * The lock is on a file that only this user may open: `/run/portolan/network-N.lock` for root, where N is the inode of
 * the namespace. Every program that a Runner of `createRunner` starts meanwhile holds the lock too. If this process is
 * killed while a program goes on changing rules, the next process waits for the program's end.
 *
 * Where the work throws `XTABLES_LOCKED` (see `requireXtablesLock`), the lock is given up until the lock of iptables is
 * free. Then the work is done again.
 *
 * Inner work, called within other work, takes no second lock. Inner works run one after another while the outer work
 * holds the lock, and beside the outer work where that does not await them. They wait for no lock, so `options` have no
 * effect.
 *
 * @param work - its outcome is the outcome; the lock is given up afterwards in any case
 * @throws PortolanError (`LOCKED`) when another process held the lock until the timeout, (`XTABLES_LOCKED`) the same
 * for the lock of iptables; (`LOCK`) when the lock cannot be taken
 * @throws PermissionError, MissingToolError (flock of util-linux)
 * @example
 * await withHostLock(() => apply(plan), { onWait: (holder) => console.error(`waiting for ${holder?.pid}`) })
 * @public @since 0.1.0
 */
export const withHostLock = async <T>(
  work: () => T | Promise<T>,
  options: HostLockOptions = {},
): Promise<T> => {
  const within = withinHeld(work)
  if (within !== null) return within
  const { timeoutMs = 60_000, onWait } = options
  const deadline = performance.now() + timeoutMs
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await workLocked(work, isFirst ? timeoutMs : Math.max(0, deadline - performance.now()), options)
    } catch (error) {
      if (!isXtablesLocked(error)) throw error
      const leftMs = deadline - performance.now()
      const holder = xtablesHolder()
      if (leftMs <= 0) throw timeoutMs === 0 ? error : xtablesLocked(holder, timeoutMs)
      if (isFirst) onWait?.(holder)
      await xtablesFree(leftMs)
    }
  }
}

/**
 * A time in which no process changes the network namespace through Portolan.
 * @public @since 0.1.0
 */
export interface QuietTime {
  /** Tells whether no process has begun a change since. */
  lasts(): boolean
}

/**
 * Waits until no process changes this network namespace through Portolan. It does not keep a process from beginning a
 * change. While the quiet time lasts, facts that were read in it are not from the middle of a change. Within
 * `withHostLock` it waits for nothing, and the quiet time lasts as long as the work.
 *
 * @returns null: a process was changing it for longer than `timeoutMs`
 * @throws PortolanError (`LOCK`) when the lock cannot be checked
 * @throws PermissionError, MissingToolError (flock of util-linux)
 * @example
 * const quiet = await waitForHostLock({ timeoutMs: 5_000 })
 * if (quiet?.lasts() !== true) console.error('the host is being changed')
 * @public @since 0.1.0
 */
export const waitForHostLock = async ({
  timeoutMs = 60_000,
}: Pick<HostLockOptions, 'timeoutMs'> = {}): Promise<QuietTime | null> => {
  if (isHeldHere()) return { lasts: isHeldHere }
  const path = hostLockFile()
  // Two processes that look at once do not wait for each other.
  const lock = await takeFileLock(path, timeoutMs, () => {}, 'shared')
  if (lock === null) return null
  const { mtimeNs } = fstatSync(lock.descriptor, { bigint: true })
  lock.release()
  return { lasts: () => statSync(path, { bigint: true }).mtimeNs === mtimeNs }
}

/** Sets the time of the lock file. A process that has the lock does so before it changes anything. */
const noteTime = ({ descriptor }: FileLock): void => {
  const seconds = (performance.timeOrigin + performance.now()) / 1000
  futimesSync(descriptor, seconds, seconds)
}

const workLocked = async <T>(
  work: () => T | Promise<T>,
  timeoutMs: number,
  { onWait }: HostLockOptions,
): Promise<T> => {
  const lock = await takeHostLock(timeoutMs, onWait)
  const keep = bequeathLock(lock.descriptor)
  try {
    noteTime(lock)
    return await whileHeld(work)
  } finally {
    keep()
    lock.release()
  }
}

const takeHostLock = async (timeoutMs: number, onWait: HostLockOptions['onWait']): Promise<FileLock> => {
  let lastHolder: LockHolder | null = null
  const lock = await takeFileLock(hostLockFile(), timeoutMs, (holder) => {
    lastHolder = holder
    if (timeoutMs > 0) onWait?.(holder)
  })
  if (lock === null) throw locked(timeoutMs, lastHolder)
  return lock
}

const locked = (timeoutMs: number, holder: LockHolder | null): PortolanError => {
  const subject =
    holder === null ? 'Another process' : `The process ${visibleLine(holder.name)} (PID ${holder.pid})`
  return new PortolanError('LOCKED', {
    problem: `${subject} has been changing this host's network for longer than ${Math.round(timeoutMs)} ms.`,
    remedy: () => holderRemedy(holder),
  })
}
