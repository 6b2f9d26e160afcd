import { readFileSync } from 'node:fs'
import { socketOwners } from '../facts/socket-owners.ts'

/** include/linux/net.h: `__SO_ACCEPTCON`, the flag of a listening socket in /proc/net/unix. */
const LISTENING = '00010000'

/**
 * A process that holds the host lock.
 * @public @since 0.1.0
 */
export interface LockHolder {
  readonly pid: number
  /** As /proc/PID/comm has it. */
  readonly name: string
}

/**
 * The process that listens at an abstract socket of this network namespace; null when it cannot be told, as for
 * an ordinary user or when it runs in another PID namespace.
 */
export const lockHolder = (name: string): LockHolder | null => {
  let table: string
  try {
    table = readFileSync('/proc/net/unix', 'utf8')
  } catch {
    return null
  }
  for (const line of table.split('\n')) {
    // Num RefCount Protocol Flags Type St Inode Path; an abstract name is shown with `@` for its NUL.
    const [, , , flags, , , inode, path] = line.trim().split(/\s+/)
    if (path === `@${name}` && flags === LISTENING)
      return socketOwners([Number(inode)]).processes.get(Number(inode)) ?? null
  }
  return null
}
