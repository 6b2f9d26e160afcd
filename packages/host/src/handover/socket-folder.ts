import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'

/**
 * The folder in which watches listen for calls of plugins. Each watch has a socket with the names of its network
 * namespace and its process.
 */
export const socketFolder = '/run/portolan/plugins'

/** The inode of this process's network namespace. */
export const ownNamespace = (): string => readlinkSync('/proc/self/ns/net').replaceAll(/\D/g, '')

/**
 * The file names of the bound Unix sockets in this network namespace (/proc/net/unix, the last column). A socket file
 * without one of these names was left by a process that ended.
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

/** A name that no socket has. Containers that share a network namespace may each have a process with this number. */
export const freeName = (bound: ReadonlySet<string>): string => {
  const start = `${ownNamespace()}.${process.pid}`
  for (let at = 0; ; at += 1) {
    const name = at === 0 ? `${start}.sock` : `${start}.${at}.sock`
    if (!bound.has(name)) return name
  }
}

/**
 * The sockets of watches in this network namespace that only this user can have made. Node cannot read the owner of a
 * socket's process (SO_PEERCRED). So folder and sockets have to be this user's own, and closed to all other users.
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
  // `bigint` is needed where the path may be a socket, as `file/read-bytes.ts` explains.
  const { uid, mode } = lstatSync(path, { bigint: true })
  return Number(uid) === process.geteuid?.() && (mode & 0o077n) === 0n
}
