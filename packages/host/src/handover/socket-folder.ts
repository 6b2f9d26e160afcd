import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Where watches listen for calls of plugins: each at a socket of its own, named by its network namespace and process. */
export const socketFolder = '/run/portolan/plugins'

/** The inode of this process's network namespace. */
export const ownNamespace = (): string => readlinkSync('/proc/self/ns/net').replaceAll(/\D/g, '')

export const socketName = (): string => `${ownNamespace()}.${process.pid}.sock`

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
  const { uid, mode } = lstatSync(path)
  return uid === process.geteuid?.() && (mode & 0o077) === 0
}
