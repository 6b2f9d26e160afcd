import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { PortolanError, visibleLine } from '@portolan/netfilter'
import { processName } from '../facts/processes.ts'
import { holderNow, holderRemedy, type LockHolder } from './lock-holder.ts'

/** The file that every program of iptables-legacy locks (iptables/xshared.h `XT_LOCK_NAME`). */
const FILE = '/run/xtables.lock'
const POLL_MS = 50

/** The code of the error for a lock of iptables that another program holds. Nothing has been changed then. */
const CODE = 'XTABLES_LOCKED'

/** Tells whether work was given up, with nothing changed, because another program holds the lock of iptables. */
export const isXtablesLocked = (error: unknown): error is PortolanError =>
  error instanceof PortolanError && error.code === CODE

/**
 * Makes sure that no other program holds the lock of iptables, before work begins that needs it. The lock itself is not
 * taken: meanwhile a program that does not wait for it would fail.
 *
 * @throws PortolanError (`XTABLES_LOCKED`) naming the holder; `withHostLock` then gives up the host's lock, waits, and
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
    problem: `${holder === null ? 'Another program' : `The process ${visibleLine(holder.name)} (PID ${holder.pid})`} holds the lock of iptables, ${FILE}${waitedMs === 0 ? '' : `, for longer than ${waitedMs} ms`}. Nothing was changed.`,
    remedy: () => holderRemedy(holder),
  })

/** Resolves when no visible program holds the lock of iptables, or after `timeoutMs`. */
export const xtablesFree = async (timeoutMs: number): Promise<void> => {
  const deadline = performance.now() + timeoutMs
  // It waits once at least: a holder in another PID namespace is not in /proc/locks.
  do await setTimeout(POLL_MS)
  while (xtablesHolder() !== null && performance.now() < deadline)
}

/** The process that holds the lock of iptables; null when none is visible. */
export const xtablesHolder = (): LockHolder | null => {
  try {
    // A line is `1: FLOCK  ADVISORY  WRITE 25844 00:27:2 0 EOF`. A waiting process has `->` before FLOCK
    // (proc_locks(5)).
    const held = new RegExp(`^\\d+: FLOCK +ADVISORY +WRITE (\\d+) ${lockedFile()} `, 'm')
    const [, pid] = held.exec(readFileSync('/proc/locks', 'utf8')) ?? []
    if (pid === undefined) return null
    return holderNow(Number(pid), processName(`/proc/${pid}`) ?? 'unknown')
  } catch {
    // Without the file no program of iptables-legacy has run since the start of the host.
    return null
  }
}

/**
 * The lock file as /proc/locks names it: `00:27:2`, device and inode. A file of another file system may have the same
 * inode number. The device comes from the mount (proc_pid_mountinfo(5)), because stat(2) gives another number on btrfs
 * and overlayfs.
 */
const lockedFile = (): string => {
  const descriptor = openSync(FILE, 'r')
  try {
    const [, mount] = /^mnt_id:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')) ?? []
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    const [, major, minor] = new RegExp(`^${mount} \\d+ (\\d+):(\\d+) `, 'm').exec(mounts) ?? []
    const hex = (number: string | undefined): string => Number(number).toString(16).padStart(2, '0')
    return `${hex(major)}:${hex(minor)}:${fstatSync(descriptor, { bigint: true }).ino}`
  } finally {
    closeSync(descriptor)
  }
}
