import { accessSync, constants } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorCode } from '@portolan/netfilter/schema'
import { namespaceKey } from '../state/namespace-key.ts'
import { defaultStateDirectory } from '../state/state-file.ts'

/**
 * The directories where root may keep a lock. A reboot empties /run (file-hierarchy(7)), which is read-only on some
 * hosts.
 */
const rootsDirectories = ['/run/portolan', '/var/lib/portolan']

/**
 * The path of the lock file of this network namespace. Rules and links belong to a namespace, so each namespace has its
 * own lock. Processes that share a network namespace but not /run do not share the lock, as with /run/xtables.lock.
 *
 * A process that is not root must not be able to block root. Where it may change rules nevertheless, it shares a lock
 * with the processes of its own user. So does root of a user namespace without a /run of its own.
 */
export const hostLockFile = (): string => {
  const { namespace } = namespaceKey()
  const isRoot = process.geteuid?.() === 0
  const found = isRoot ? rootsDirectories.find((one) => canWrite(one) ?? canWrite(dirname(one))) : undefined
  return join(found ?? defaultStateDirectory(process.env, -1), `network-${namespace}.lock`)
}

/**
 * Tells whether this process may write to a directory.
 * @returns null when there is no such directory
 */
const canWrite = (directory: string): boolean | null => {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? null : false
  }
}
