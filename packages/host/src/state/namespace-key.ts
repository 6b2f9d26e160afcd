import { readFileSync, readlinkSync } from 'node:fs'
import { PortolanError } from '@portolan/netfilter'

/** A network namespace of one boot, in which something was done. */
export interface NamespaceKey {
  /** Inode of the namespace (namespaces(7)): `4026531840`. The next namespace may get it when this one has ended. */
  readonly namespace: string
  /** Random, new with every boot (random(4)). */
  readonly bootId: string
  /**
   * Inode of the socket at which the kernel itself answers rtnetlink in this namespace: `487128`. It is made with the
   * namespace and ends with it (net/core/rtnetlink.c `rtnetlink_net_init`), and inodes of sockets are counted up for
   * all of the machine (fs/inode.c `get_next_ino`), so no later namespace of this boot has it, short of 2^32 sockets,
   * pipes and the like in between. Null where it is not to be seen: /proc/net may be masked.
   *
   * The cookie of the namespace (SO_NETNS_COOKIE) would say the same, but only getsockopt(2) tells it.
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

/** In /proc/net/netlink, what the kernel itself holds has port 0, and NETLINK_ROUTE is protocol 0. */
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
 * Whether something was done in this network namespace, or in an earlier one with its inode.
 *
 * @returns `unknown` for the same boot where one of the keys has no socket: a file of an earlier Portolan
 */
export const isSameNamespace = (one: NamespaceKey, other: NamespaceKey): boolean | 'unknown' => {
  if (one.namespace !== other.namespace || one.bootId !== other.bootId) return false
  if (one.routeSocket === null || other.routeSocket === null) return 'unknown'
  return one.routeSocket === other.routeSocket
}
