import { type BigIntStats, fstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { eldestOf, processIds, processName } from '../facts/processes.ts'

/**
 * A process that holds the host lock.
 * @public @since 0.1.0
 */
export interface LockHolder {
  readonly pid: number
  /** As /proc/PID/comm has it; one of Portolan with its verb: `portolan apply`. */
  readonly name: string
}

/**
 * The process that holds the lock of an open file; null when it cannot be told, as for a process of another user or
 * in another PID namespace. Of several that share it the parent is named, while it lives.
 *
 * Waiting processes have the file open too. The lock is in the fdinfo of those that have it (proc(5)); /proc/locks
 * names flock(1), which took it for them and is gone.
 */
export const lockHolder = (descriptor: number, proc = '/proc'): LockHolder | null => {
  const file = fstatSync(descriptor, { bigint: true })
  try {
    for (const lowest of processIds(proc)) {
      if (!holds(`${proc}/${lowest}`, file)) continue
      const pid = eldestOf(lowest, (other) => holds(`${proc}/${other}`, file), proc)
      const name = processName(`${proc}/${pid}`)
      if (name !== null) return { pid, name }
    }
  } catch {
    // Without /proc nothing can be told.
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
    // It ended meanwhile, or is another user's.
    return false
  }
}
