import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { oneWay, PortolanError, shellWord } from '@portolan/netfilter'
import { inBigints } from '../file/in-bigints.ts'

const WRITABLE_BY_OTHERS = 0o022n
const STICKY = 0o1000n
/**
 * The parts of Node's `Stats` that are used. With Node's own type, importers of this package would need the types of
 * Node.
 */
interface FileStats {
  readonly uid: bigint
  readonly mode: bigint
  isFile(): boolean
  isSymbolicLink(): boolean
}

/** The most links that the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40

/**
 * Refuses a directory that a user other than root could change, when this process is root: root runs what is remembered
 * there. Each directory on the path is checked too, because its owner can put another one in its place. A missing
 * directory is refused only for those above it.
 *
 * Once this check has passed, only root can make it untrue. So a file opened there afterwards is in the directory that
 * was checked. An access control list that lets others write shows in the group's bits of the mode (acl(5)).
 *
 * @throws PortolanError `STATE` saying which directory, why, and what to do
 */
export const refuseUnsafeDirectory = (directory: string): void => {
  const fault = unsafeDirectory(directory)
  if (fault !== null) throw distrusted(`The state directory ${directory}`, fault)
}

/**
 * Explains why other users could change a directory of root's; null if they cannot, or if this process is not root.
 *
 * @param use - with `read`, a directory of a root outside this user namespace is as good as this namespace's own
 * @example
 * unsafeDirectory('/var/lib/portolan')?.why
 * @public @since 0.1.0
 */
export const unsafeDirectory = (directory: string, use: 'read' | 'write' = 'write'): PlaceFault | null =>
  isRoot() ? faultOf(directory, use === 'read') : null

/**
 * Refuses a link and anything else that is not a regular file. As root it also refuses a file that others could have
 * written.
 *
 * @param what - the name in the message: `The state file /var/lib/portolan/state.json`
 * @param stats - the stats of the file itself, not of the target of a link
 * @throws PortolanError `STATE`
 */
export const refuseUnsafeFile = (what: string, path: string, stats: FileStats): void => {
  if (stats.isSymbolicLink())
    throw new PortolanError('STATE', {
      problem: `${what} could not be used: it is a symbolic link, and links are not followed there.`,
      remedy: () => 'Put the file itself in its place.',
    })
  if (!stats.isFile())
    throw new PortolanError('STATE', {
      problem: `${what} could not be used: it is no regular file.`,
      remedy: ({ elsewhere }) => oneWay('move it away', elsewhere),
    })
  const fault = isRoot() ? faultOfStats(path, stats, false) : null
  if (fault !== null) throw distrusted(what, fault)
}

/**
 * Why a place is not safe to use as root.
 * @public @since 0.1.0
 */
export interface PlaceFault {
  readonly kind: 'owner' | 'mode'
  readonly why: string
  /** A command that repairs it. */
  readonly mend: string
}

const isRoot = (): boolean => process.geteuid?.() === 0

const distrusted = (what: string, { why, mend }: PlaceFault): PortolanError =>
  new PortolanError('STATE', {
    problem: `${what} is not safe to use as root: ${why}. Any user with write access there can have root run commands.`,
    remedy: ({ elsewhere }) => oneWay(`check what is in it, then run "${mend}"`, elsewhere),
  })

/**
 * Finds the first unsafe directory on a path. It follows links one by one, because the owner of a directory decides
 * where a link in it leads.
 */
const faultOf = (directory: string, isForeignRootFine = false): PlaceFault | null => {
  const left = partsOf(resolve(directory))
  let at = '/'
  let isShared = false
  for (let links = 0; links <= MOST_LINKS; ) {
    const stats = lstatSync(at, { ...inBigints, throwIfNoEntry: false })
    // A missing directory is made later, and checked then. Opening anything else than a directory fails by itself.
    if (stats === undefined || !(stats.isDirectory() || stats.isSymbolicLink())) return null
    const isLast = left.length === 0 && !stats.isSymbolicLink()
    const fault = faultOfStats(at, stats, isForeignRootFine || (!isLast && !isShared))
    // In a directory like /tmp any user may make an entry, but only its owner can remove it (unlink(2)).
    const isSticky = (stats.mode & STICKY) !== 0n && !isLast
    if (fault !== null && !(isSticky && fault.kind === 'mode')) return fault
    if (stats.isSymbolicLink()) {
      links += 1
      const target = readlinkSync(at)
      left.unshift(...partsOf(target))
      at = target.startsWith('/') ? '/' : dirname(at)
      isShared = false
      continue
    }
    const part = left.shift()
    if (part === undefined) return null
    at = part === '..' ? dirname(at) : join(at, part)
    isShared = isSticky
  }
  // The kernel does not follow more links either (ELOOP), so opening the directory fails by itself too.
  return null
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.')

/**
 * @param isAbove - true: a parent of the checked directory, where an owner without a number in this user namespace is
 * fine
 */
const faultOfStats = (path: string, stats: FileStats, isAbove: boolean): PlaceFault | null => {
  if (stats.uid !== 0n && !(isAbove && isUnmapped(Number(stats.uid))))
    return {
      kind: 'owner',
      why: `${path} belongs to the user with number ${stats.uid}`,
      mend: `chown root:root ${shellWord(path)}`,
    }
  // Every link has mode 0777, and no process can write to a link.
  if (!stats.isSymbolicLink() && (stats.mode & WRITABLE_BY_OTHERS) !== 0n)
    return {
      kind: 'mode',
      why: `others than its owner may write to ${path} (mode ${(stats.mode & 0o7777n).toString(8)})`,
      mend: `chmod go-w ${shellWord(path)}`,
    }
  return null
}

/**
 * Tells whether a user is outside this user namespace. In the namespace of an ordinary user (`unshare
 * --map-root-user`), `/` belongs to a root outside, shown as the overflow number (user_namespaces(7)). Such a process
 * has no more rights on the machine than that user.
 */
const isUnmapped = (uid: number): boolean =>
  !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8')) &&
  uid === Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'))
