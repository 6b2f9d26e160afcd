import { closeSync, fstatSync, openSync, readlinkSync, statfsSync, statSync } from 'node:fs'
import { InvalidRequestError, PermissionError, visibleLine } from '@portolan/netfilter'
import { errorCode, errorMessage } from '@portolan/netfilter/schema'
import { inBigints } from '../file/in-bigints.ts'
import type { NamespaceReference } from './network-namespace.ts'

/** include/uapi/linux/magic.h, NSFS_MAGIC: the file system of namespaces. */
const NSFS = 0x6e736673

/** A namespace that is held open by a descriptor. */
export interface HeldNamespace {
  readonly descriptor: number
  readonly path: string
  readonly where: string
  readonly isOwn: boolean
  close(): void
}

/** The folder in which `ip netns` keeps the files of named namespaces (ip-netns(8)). */
const namesFolder = '/run/netns'

/**
 * Opens a network namespace.
 *
 * @throws InvalidRequestError when there is no such namespace; PermissionError
 */
export const holdNamespace = (reference: NamespaceReference): HeldNamespace => {
  const file = fileOf(reference)
  const where = wordsOf(reference)
  const descriptor = openNamespace(reference, file, where)
  const own = statSync('/proc/self/ns/net', inBigints)
  const held = fstatSync(descriptor, inBigints)
  return {
    descriptor,
    // The path names this process and not /proc/self, because the program that gets the path is another process. The
    // number is the one in this /proc.
    path: `/proc/${readlinkSync('/proc/self')}/fd/${descriptor}`,
    where,
    isOwn: own.dev === held.dev && own.ino === held.ino,
    close: () => closeSync(descriptor),
  }
}

const openNamespace = (reference: NamespaceReference, file: string, where: string): number => {
  let descriptor: number
  try {
    // This check comes before the opening: opening a pipe would wait for its other end.
    if (statfsSync(file).type !== NSFS) throw noNamespace(file)
    descriptor = openSync(file, 'r')
  } catch (error) {
    if (error instanceof InvalidRequestError) throw error
    const code = errorCode(error)
    const message = errorMessage(error)
    if (code === 'EACCES' || code === 'EPERM')
      throw new PermissionError(
        `${capital(where)} may not be opened (${code}). ${process.geteuid?.() === 0 ? 'This runs as root without CAP_SYS_PTRACE over that process, as in a container or a user namespace: run it on the host itself, or name a namespace that it may open' : 'Run this as root, with CAP_SYS_PTRACE for processes of other users'}.`,
        'CAP_SYS_PTRACE',
        { cause: error },
      )
    if (code === 'ENOENT' || code === 'ENOTDIR') throw notThere(reference)
    throw new InvalidRequestError(`${where} cannot be opened: ${message}. ${advice}`, { cause: error })
  }
  // A process has namespaces of other kinds too (/proc/PID/ns/mnt). The link of an open descriptor tells the kind.
  const kind = readlinkSync(`/proc/self/fd/${descriptor}`)
  if (!/^\w+:\[\d+\]$/.test(kind) || kind.startsWith('net:')) return descriptor
  closeSync(descriptor)
  throw noNamespace(file)
}

const advice =
  'Give the number of a process that runs in it, the path of its file, or its name (ip netns list).'

const noNamespace = (file: string): InvalidRequestError =>
  new InvalidRequestError(
    `${visibleLine(file)} is not a network namespace. A file of one is /proc/PID/ns/net, or /run/netns/NAME. ${advice}`,
  )

const notThere = (reference: NamespaceReference): InvalidRequestError =>
  new InvalidRequestError(
    'pid' in reference
      ? `there is no process ${reference.pid} here, so its network namespace cannot be entered: it may have ended. ${advice}`
      : 'path' in reference
        ? `there is no file ${visibleLine(reference.path)}, so no network namespace there. ${advice}`
        : `there is no network namespace named ${visibleLine(reference.name)} here (no file ${namesFolder}/${visibleLine(reference.name)}). ${advice}`,
  )

const fileOf = (reference: NamespaceReference): string => {
  if ('pid' in reference) {
    if (!Number.isSafeInteger(reference.pid) || reference.pid < 1)
      throw new InvalidRequestError(
        `${String(reference.pid)} is not the number of a process: expected a whole number, 1 or more. ${advice}`,
      )
    return `/proc/${reference.pid}/ns/net`
  }
  if ('path' in reference) {
    if (reference.path === '' || reference.path.includes('\0'))
      throw new InvalidRequestError(`${JSON.stringify(reference.path)} is not the path of a file. ${advice}`)
    return reference.path
  }
  if (!/^[^/\0\p{C}]+$/u.test(reference.name) || reference.name === '.' || reference.name === '..')
    throw new InvalidRequestError(
      `${JSON.stringify(reference.name)} cannot name a network namespace: expected a name without "/". ${advice}`,
    )
  return `${namesFolder}/${reference.name}`
}

/** A namespace in words, for messages. */
const wordsOf = (reference: NamespaceReference): string =>
  'pid' in reference
    ? `the network namespace of process ${reference.pid}`
    : `the network namespace ${visibleLine('path' in reference ? reference.path : reference.name)}`

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
