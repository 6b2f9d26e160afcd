import { fstatSync, futimesSync, statSync } from 'node:fs'
import { PortolanError, visibleLine } from '@portolan/netfilter'
import { type FileLock, takeFileLock } from './file-lock.ts'
import { isHeldHere, whileHeld, withinHeld } from './held-here.ts'
import { hostLockFile } from './host-lock-file.ts'
import { bequeathLock } from './inherited-locks.ts'
import type { LockHolder } from './lock-holder.ts'
import { isXtablesLocked, xtablesFree, xtablesHolder, xtablesLocked } from './xtables-lock.ts'

/** @public @since 0.1.0 */
export interface HostLockOptions {
  /** How long to wait for the lock before giving up; a minute unless told. 0 does not wait. */
  readonly timeoutMs?: number
  /** Called when another process has the lock, or that of iptables, and the waiting begins. */
  readonly onWait?: (holder: LockHolder | null) => void
}

/**
 * Runs something while no other process changes this network namespace through Portolan.
 *
 * The lock is that of a file that only this user may open: `/run/portolan/network-N.lock` for root, where N is the
 * inode of the namespace. Every program that a Runner of `createRunner` starts meanwhile has the lock too: where this
 * process is killed and a program goes on changing rules, the next one waits for its end.
 *
 * Where the work throws `XTABLES_LOCKED` (see `requireXtablesLock`), the lock is given up until the lock of iptables is
 * free, and the work is done again.
 *
 * Within such work it takes no second lock: what asks for it there runs one after another, for as long as the work has it,
 * and beside the work where that does not wait for it. Nothing is waited for then, so `options` mean nothing.
 *
 * @param work - what to do; its outcome is the outcome, and the lock is given up whatever that is
 * @throws PortolanError (`LOCKED`) when another process held the lock all the time, (`XTABLES_LOCKED`) that of iptables;
 * (`LOCK`) when it cannot be had
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
  /** Has none begun to since? */
  lasts(): boolean
}

/**
 * Waits until no process changes this network namespace through Portolan, and keeps none from beginning to: what is read
 * then is not in the middle of a change, as long as the quiet lasts. Within `withHostLock` nothing is waited for, and it
 * lasts as long as the work.
 *
 * @returns null: one was at it for longer than `timeoutMs`
 * @throws PortolanError (`LOCK`) when the lock cannot be looked at
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
  // Two that look at once do not wait for each other.
  const lock = await takeFileLock(path, timeoutMs, () => {}, 'shared')
  if (lock === null) return null
  const { mtimeNs } = fstatSync(lock.descriptor, { bigint: true })
  lock.release()
  return { lasts: () => statSync(path, { bigint: true }).mtimeNs === mtimeNs }
}

/** A process that has the lock notes the time at its file before it changes anything. */
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
    remedy: () => 'Wait until it ends, or end it, and run this again.',
  })
}
