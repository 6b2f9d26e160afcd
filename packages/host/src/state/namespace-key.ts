import { readFileSync, readlinkSync } from 'node:fs'
import { PortolanError } from '@portolan/netfilter'

/** The key of a network namespace in one boot. */
export interface NamespaceKey {
  /**
   * Inode of the namespace (namespaces(7)): `4026531840`. A later namespace may get the inode of one that has ended.
   */
  readonly namespace: string
  /** A random value, new with every boot (random(4)). */
  readonly bootId: string
  /**
   * Inode of the socket at which the kernel itself answers rtnetlink in this namespace: `487128`. The socket is made
   * with the namespace and ends with it (net/core/rtnetlink.c `rtnetlink_net_init`). The kernel counts the inodes of
   * sockets up for the whole machine (fs/inode.c `get_next_ino`). So no later namespace of this boot has the same,
   * short of 2^32 sockets, pipes and the like in between. Null where it cannot be read: /proc/net may be masked.
   *
   * The cookie of the namespace (SO_NETNS_COOKIE) would serve as well, but only getsockopt(2) gives it.
   */
  readonly routeSocket: string | null
}

/**
 * The key of this process's network namespace.
 *
 * @throws PortolanError (`STATE`) where /proc is not mounted
 */
export const namespaceKey = (): NamespaceKey => {
  try {
    const [, namespace = ''] = /^net:\[(\d+)\]$/.exec(readlinkSync('/proc/self/ns/net')) ?? []
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return { namespace, bootId, routeSocket: routeSocket() }
  } catch (error) {
    throw new PortolanError(
      'STATE',
      'The network namespace of this process is unknown: /proc is not readable.',
      {
        cause: error,
      },
    )
  }
}

/**
 * The inode of the kernel's own rtnetlink socket. In /proc/net/netlink the kernel's sockets have port 0, and
 * NETLINK_ROUTE is protocol 0.
 */
const routeSocket = (): string | null => {
  let table: string
  try {
    table = readFileSync('/proc/self/net/netlink', 'utf8')
  } catch {
    return null
  }
  for (const line of table.split('\n')) {
    const [, protocol, port, , , , , , , inode = '0'] = line.trim().split(/\s+/)
    if (protocol === '0' && port === '0' && inode !== '0') return inode
  }
  return null
}

/**
 * Tells whether two keys are of the same namespace, and not of an earlier one with the same inode.
 *
 * @returns `unknown` where the boot and the inode match but a key has no socket: a file of an earlier Portolan, or a
 * masked /proc/net
 */
export const isSameNamespace = (one: NamespaceKey, other: NamespaceKey): boolean | 'unknown' => {
  if (one.namespace !== other.namespace || one.bootId !== other.bootId) return false
  if (one.routeSocket === null || other.routeSocket === null) return 'unknown'
  return one.routeSocket === other.routeSocket
}
