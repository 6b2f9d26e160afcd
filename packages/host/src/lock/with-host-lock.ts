import { PortolanError } from '@portolan/core'
import { type FileLock, takeFileLock } from './file-lock.ts'
import { hostLockFile } from './host-lock-file.ts'
import { bequeathLock } from './inherited-locks.ts'
import type { LockHolder } from './lock-holder.ts'

/** @public @since 0.1.0 */
export interface HostLockOptions {
  /** How long to wait for the lock before giving up; a minute unless told. 0 does not wait. */
  readonly timeoutMs?: number
  /** Called once, when another process has the lock and the waiting begins. */
  readonly onWait?: (holder: LockHolder | null) => void
}

/**
 * Runs something while no other process changes this network namespace through Portolan.
 *
 * The lock is that of a file that only this user may open: `/run/portolan/network-N.lock` for root, where N is the
 * inode of the namespace. Every program that a Runner of `createRunner` starts meanwhile has the lock too: where this
 * process is killed and a program goes on changing rules, the next one waits for its end.
 *
 * @param work - what to do; its outcome is the outcome, and the lock is given up whatever that is. It must not
 * ask for the lock again.
 * @throws PortolanError (`LOCKED`) when another process held the lock all the time; (`LOCK`) when it cannot be had
 * @throws PermissionError, MissingToolError (flock of util-linux)
 * @example
 * await withHostLock(() => apply(plan), { onWait: (holder) => console.error(`waiting for ${holder?.pid}`) })
 * @public @since 0.1.0
 */
export const withHostLock = async <T>(
  work: () => T | Promise<T>,
  options: HostLockOptions = {},
): Promise<T> => {
  const lock = await takeHostLock(options)
  const keep = bequeathLock(lock.descriptor)
  try {
    return await work()
  } finally {
    keep()
    lock.release()
  }
}

const takeHostLock = async ({ timeoutMs = 60_000, onWait }: HostLockOptions): Promise<FileLock> => {
  let lastHolder: LockHolder | null = null
  const lock = await takeFileLock(hostLockFile(), timeoutMs, (holder) => {
    lastHolder = holder
    if (timeoutMs > 0) onWait?.(holder)
  })
  if (lock === null) throw locked(timeoutMs, lastHolder)
  return lock
}

const locked = (timeoutMs: number, holder: LockHolder | null): PortolanError => {
  const subject = holder === null ? 'Another process' : `The process ${holder.name} (PID ${holder.pid})`
  return new PortolanError(
    'LOCKED',
    `${subject} has been changing this host's network for longer than ${timeoutMs} ms. Wait until it ends, or end it, and run this again.`,
  )
}
