import { readFileSync, statSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { PortolanError } from '@portolan/netfilter'
import { processName } from '../facts/processes.ts'
import type { LockHolder } from './lock-holder.ts'

/** The file that every program of iptables-legacy locks (iptables/xshared.h `XT_LOCK_NAME`). */
const FILE = '/run/xtables.lock'
const POLL_MS = 50

/** The code of the error for a lock of iptables that another program has; nothing has been changed then. */
const CODE = 'XTABLES_LOCKED'

/** Whether work was given up, with nothing changed, because another program has the lock of iptables. */
export const isXtablesLocked = (error: unknown): error is PortolanError =>
  error instanceof PortolanError && error.code === CODE

/**
 * Makes sure that no other program has the lock of iptables, before something is begun that needs it. The lock itself
 * is not taken: another program that does not wait for it would fail meanwhile.
 *
 * @throws PortolanError (`XTABLES_LOCKED`) naming the holder; `withHostLock` then gives the host's lock up, waits, and
 * does its work again from the start
 * @example
 * await withHostLock(() => {
 *   requireXtablesLock()
 *   return apply(plan)
 * })
 * @public @since 0.1.0
 */
export const requireXtablesLock = (): void => {
  const holder = xtablesHolder()
  if (holder !== null) throw xtablesLocked(holder)
}

export const xtablesLocked = (holder: LockHolder | null, waitedMs = 0): PortolanError =>
  new PortolanError(CODE, {
    problem: `${holder === null ? 'Another program' : `The process ${holder.name} (PID ${holder.pid})`} holds the lock of iptables, ${FILE}${waitedMs === 0 ? '' : `, for longer than ${waitedMs} ms`}. Nothing was changed.`,
    remedy: () => 'Wait until it ends, or end it, and run this again.',
  })

/** Resolves when no other program has the lock of iptables that can be seen, at the latest after `timeoutMs`. */
export const xtablesFree = async (timeoutMs: number): Promise<void> => {
  const deadline = performance.now() + timeoutMs
  // Once at least: a holder in another PID namespace is not in /proc/locks.
  do await setTimeout(POLL_MS)
  while (xtablesHolder() !== null && performance.now() < deadline)
}

/** The process that has the lock of iptables; null when none is seen to. */
export const xtablesHolder = (): LockHolder | null => {
  try {
    const { ino } = statSync(FILE)
    // `1: FLOCK  ADVISORY  WRITE 25844 00:27:2 0 EOF`; a waiting one has `->` before FLOCK (proc_locks(5)).
    const held = new RegExp(`^\\d+: FLOCK +ADVISORY +WRITE (\\d+) [0-9a-f]+:[0-9a-f]+:${ino} `, 'm')
    const [, pid] = held.exec(readFileSync('/proc/locks', 'utf8')) ?? []
    if (pid === undefined) return null
    return { pid: Number(pid), name: processName(`/proc/${pid}`) ?? 'unknown' }
  } catch {
    // No such file: no program of iptables-legacy has run since the start of the host.
    return null
  }
}
