import { PortolanError } from '@portolan/core'
import { type LockHolder, lockHolder } from './lock-holder.ts'
import { lockName, takeSocketLock } from './socket-lock.ts'

/** @public @since 0.1.0 */
export interface HostLockOptions {
  /** How long to wait for the lock before giving up; a minute unless told. 0 does not wait. */
  readonly timeoutMs?: number
  /** Called once, when the lock is held by someone else and the waiting begins. */
  readonly onWait?: (holder: LockHolder | null) => void
}

/** A lock of the network namespace, as rules and links are its own. */
const NAME = lockName('portolan-apply')

/**
 * Runs something while no other process changes this network namespace through Portolan.
 *
 * @param work - what to do; its outcome is the outcome, and the lock is given up whatever that is. It must not
 * ask for the lock again.
 * @throws PortolanError (`LOCKED`) when another process held the lock all the time
 * @example
 * await withHostLock(() => apply(plan), { onWait: (holder) => console.error(`waiting for ${holder?.pid}`) })
 * @public @since 0.1.0
 */
export const withHostLock = async <T>(
  work: () => T | Promise<T>,
  options: HostLockOptions = {},
): Promise<T> => {
  const timeoutMs = options.timeoutMs ?? 60_000
  const release = await takeSocketLock(NAME, timeoutMs, () => options.onWait?.(lockHolder(NAME)))
  if (release === null) throw locked(timeoutMs)
  try {
    return await work()
  } finally {
    await release()
  }
}

const locked = (timeoutMs: number): PortolanError => {
  const holder = lockHolder(NAME)
  const who = holder === null ? 'Another process' : `The process ${holder.name} (PID ${holder.pid})`
  return new PortolanError(
    'LOCKED',
    `${who} has been changing this host's network for longer than ${timeoutMs} ms. Wait until it ends, or end it, and run this again.`,
  )
}
