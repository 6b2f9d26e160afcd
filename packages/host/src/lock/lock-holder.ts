import { type BigIntStats, fstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { eldestOf, isStopped, processIds, processName } from '../facts/processes.ts'

/**
 * A process that holds the host lock.
 * @public @since 0.1.0
 */
export interface LockHolder {
  readonly pid: number
  /** The name in /proc/PID/comm. A Portolan process is named with its verb: `portolan apply`. */
  readonly name: string
  /** Present where the process is stopped, as by Control-Z: it does not end by itself. */
  readonly isStopped?: true
}

/** The holder with this number and name, as it is now. */
export const holderNow = (pid: number, name: string, proc = '/proc'): LockHolder =>
  isStopped(`${proc}/${pid}`) ? { pid, name, isStopped: true } : { pid, name }

/** What to do about a process that keeps a lock for too long. */
export const holderRemedy = (holder: LockHolder | null): string =>
  holder !== null && holderNow(holder.pid, holder.name).isStopped
    ? `It is stopped, and does not end by itself. Continue it ("kill -CONT ${holder.pid}") or end it ("kill -KILL ${holder.pid}"), and run this again.`
    : 'Wait until it ends, or end it, and run this again.'

/**
 * Finds the process that holds the lock of an open file; null when it is unknown, as for a process of another user or
 * in another PID namespace. Of several processes that share the lock the parent is named, while it lives.
 *
 * Waiting processes have the file open too, but only the fdinfo of a holder shows the lock (proc(5)). /proc/locks names
 * flock(1), which took the lock for the holder and has ended.
 */
export const lockHolder = (descriptor: number, proc = '/proc'): LockHolder | null => {
  const file = fstatSync(descriptor, { bigint: true })
  try {
    for (const lowest of processIds(proc)) {
      if (!holds(`${proc}/${lowest}`, file)) continue
      const pid = eldestOf(lowest, (other) => holds(`${proc}/${other}`, file), proc)
      const name = processName(`${proc}/${pid}`)
      if (name !== null) return holderNow(pid, name, proc)
    }
  } catch {
    // Without /proc the holder is unknown.
  }
  return null
}

const holds = (folder: string, file: BigIntStats): boolean => {
  try {
    return readdirSync(`${folder}/fd`).some((descriptor) => {
      const found = statSync(`${folder}/fd/${descriptor}`, { bigint: true, throwIfNoEntry: false })
      if (found === undefined || found.ino !== file.ino || found.dev !== file.dev) return false
      return /^lock:.* FLOCK .* WRITE /m.test(readFileSync(`${folder}/fdinfo/${descriptor}`, 'utf8'))
    })
  } catch {
    // The process ended meanwhile, or is another user's.
    return false
  }
}
