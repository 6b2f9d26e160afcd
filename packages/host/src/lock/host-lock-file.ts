import { accessSync, constants } from 'node:fs'
import { dirname, join } from 'node:path'
import { namespaceKey } from '../state/namespace-key.ts'
import { defaultStateDirectory } from '../state/state-file.ts'

/** Where root may keep a lock: /run is emptied by a reboot (file-hierarchy(7)), and is read-only on some hosts. */
const rootsDirectories = ['/run/portolan', '/var/lib/portolan']

/**
 * The file whose lock is that of this network namespace: rules and links belong to a namespace, so each has its own.
 * Processes that share a network namespace and not /run do not share the lock, as with /run/xtables.lock.
 *
 * A process that is not root must not be able to hold up root; where it has the capability to change rules all the
 * same, it shares a lock with its own user's processes. So does root of a user namespace that has no /run of its own.
 */
export const hostLockFile = (): string => {
  const { namespace } = namespaceKey()
  const isRoot = process.geteuid?.() === 0
  const found = isRoot ? rootsDirectories.find((one) => canWrite(one) ?? canWrite(dirname(one))) : undefined
  return join(found ?? defaultStateDirectory(process.env, -1), `network-${namespace}.lock`)
}

/** @returns null when there is no such directory */
const canWrite = (directory: string): boolean | null => {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : false
  }
}
