import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Where watches listen for calls of plugins: each at a socket of its own, named by its network namespace and process. */
export const socketFolder = '/run/portolan/plugins'

/** The inode of this process's network namespace. */
export const ownNamespace = (): string => readlinkSync('/proc/self/ns/net').replaceAll(/\D/g, '')

/**
 * The file names of the Unix sockets in this network namespace that a process has bound (/proc/net/unix, the last
 * column): a socket file that has none of them was left by a process that ended.
 */
export const boundSockets = (): ReadonlySet<string> =>
  new Set(
    readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .flatMap((line) => {
        const path = /^(?:\S+\s+){7}(\S.*)$/.exec(line)?.[1]
        return path === undefined ? [] : [basename(path)]
      }),
  )

/** A name that no socket has: containers that share a network namespace may each have a process with this number. */
export const freeName = (bound: ReadonlySet<string>): string => {
  const start = `${ownNamespace()}.${process.pid}`
  for (let at = 0; ; at += 1) {
    const name = at === 0 ? `${start}.sock` : `${start}.${at}.sock`
    if (!bound.has(name)) return name
  }
}

/**
 * The sockets of watches in this network namespace that no other user can have made. Node cannot ask a socket whose it is
 * (SO_PEERCRED), so folder and sockets have to be this user's own, and closed to all others.
 */
export const socketsHere = (folder: string): readonly string[] => {
  try {
    if (!isPrivate(folder)) return []
    const start = `${ownNamespace()}.`
    return readdirSync(folder)
      .filter((name) => name.startsWith(start))
      .map((name) => join(folder, name))
      .filter(isPrivate)
  } catch {
    // No watch has ever listened here.
    return []
  }
}

export const isPrivate = (path: string): boolean => {
  // In bigints, as `file/read-bytes.ts` says: it may be a socket.
  const { uid, mode } = lstatSync(path, { bigint: true })
  return Number(uid) === process.geteuid?.() && (mode & 0o077n) === 0n
}
