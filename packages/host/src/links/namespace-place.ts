import { closeSync, openSync, statfsSync } from 'node:fs'
import { InvalidRequestError, PermissionError } from '@portolan/netfilter'
import { attributeU32 } from '../netlink/attribute.ts'
import { IFLA_NET_NS_FD } from '../netlink/rtnetlink.ts'

/**
 * A network namespace: that of a process, or the one that a file holds open (`/run/netns/blue`).
 * @public @since 0.1.0
 */
export type NamespacePlace = { readonly pid: number } | { readonly path: string }

/** include/uapi/linux/magic.h `NSFS_MAGIC`: the file system that namespaces are files of. */
const NSFS = 0x6e736673

/**
 * Does something with the attribute that names a network namespace. It is held open meanwhile, so that the number of a
 * process that ends is not taken for the next process of that number.
 *
 * @throws InvalidRequestError when there is no such process or file, or the file is no namespace
 */
export const withNamespace = async <T>(
  place: NamespacePlace,
  does: string,
  use: (attribute: Uint8Array) => Promise<T>,
): Promise<T> => {
  const fd = openNamespace(place, does)
  try {
    return await use(attributeU32(IFLA_NET_NS_FD, fd))
  } finally {
    closeSync(fd)
  }
}

/** A namespace as messages name it. */
export const describeNamespace = (place: NamespacePlace): string =>
  'pid' in place ? `the network namespace of process ${place.pid}` : `the network namespace ${place.path}`

const openNamespace = (place: NamespacePlace, does: string): number => {
  const path = 'pid' in place ? `/proc/${checkedPid(place.pid, does)}/ns/net` : place.path
  try {
    if (statfsSync(path).type !== NSFS) throw notThere(place, does, `${path} is no namespace`)
    return openSync(path, 'r')
  } catch (error) {
    if (error instanceof InvalidRequestError) throw error
    if (error instanceof Error && 'code' in error && error.code === 'EACCES')
      throw new PermissionError(
        `Could not ${does}: ${describeNamespace(place)} may not be opened. Run this as root, with the capability CAP_SYS_PTRACE for processes of other users.`,
        'CAP_SYS_PTRACE',
        { cause: error },
      )
    throw notThere(place, does, error instanceof Error ? error.message : String(error), error)
  }
}

const checkedPid = (pid: number, does: string): number => {
  if (Number.isInteger(pid) && pid > 0) return pid
  throw new InvalidRequestError(
    `Could not ${does}: ${pid} is no number of a process. Give the number of a process that runs in the namespace.`,
  )
}

const notThere = (place: NamespacePlace, does: string, why: string, cause?: unknown): InvalidRequestError =>
  new InvalidRequestError(
    `Could not ${does}: ${describeNamespace(place)} cannot be opened (${why}). ${
      'pid' in place
        ? 'Give the number of a process that runs in the namespace.'
        : 'Give the path of its file, as /run/netns/NAME or /proc/PID/ns/net.'
    }`,
    { cause },
  )
