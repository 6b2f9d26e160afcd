import type { Family, Protocol, SocketFact } from '@portolan/netfilter'
import { InspectError } from '@portolan/netfilter'
import { type NetlinkConnection, openConnection } from '../netlink/connection.ts'
import { AF_INET, AF_INET6, NETLINK_SOCK_DIAG } from '../netlink/constants.ts'
import { readSockets, readTcpListeners, type SocketRecord } from './read-sockets.ts'
import { socketOwners } from './socket-owners.ts'

/**
 * The listening sockets of this host, on netlink sockets that are kept open. Asking is cheap enough to do before each
 * port is published.
 * @public @since 0.1.0
 */
export interface Listeners {
  /**
   * The sockets that take traffic of a family from any peer, with the names of their processes where they may be seen.
   * For `ip` the answer includes IPv6 sockets: they may take IPv4 too (ipv6(7), IPV6_V6ONLY). Sockets that this kernel
   * cannot list are missing.
   *
   * @param ports - one port, or several: several ports are looked for in one listing of all
   */
  on(protocol: Protocol, ports: number | ReadonlySet<number>, family: Family): Promise<readonly SocketFact[]>
  close(): void
}

/**
 * Opens the listening sockets. It keeps the process alive only while a request is open.
 * @example
 * const listeners = openListeners()
 * await listeners.on('tcp', 22, 'ip') // [{ protocol: 'tcp', address: '0.0.0.0', port: 22, process: 'sshd' }]
 * listeners.close()
 * @public @since 0.1.0
 */
export const openListeners = (): Listeners => {
  // One connection per family: the kernel makes one listing of a socket at a time, and two listings take no longer than
  // one.
  const connections = [opened(AF_INET), opened(AF_INET6)] as const
  return {
    on: async (protocol, ports, family) => {
      const both =
        protocol === 'tcp' && family === 'ip' ? await readBoth(connections[0].connection, ports) : null
      const records =
        both ??
        (
          await Promise.all(
            connections
              .filter((one) => family === 'ip' || one.family === AF_INET6)
              .map((one) => read(one, protocol, ports)),
          )
        ).flat()
      if (records.length === 0) return nothing
      const { processes } = socketOwners(records.map(({ inode }) => inode))
      return records.map(({ fact, inode }) => {
        const owner = processes.get(inode)
        return owner === undefined ? fact : { ...fact, process: owner.name }
      })
    },
    close: () => {
      for (const { connection } of connections) connection.close()
    },
  }
}

interface Opened {
  readonly family: typeof AF_INET | typeof AF_INET6
  readonly connection: NetlinkConnection
}

const opened = (family: Opened['family']): Opened => ({
  family,
  connection: openConnection(NETLINK_SOCK_DIAG),
})

const nothing: readonly SocketFact[] = []

type Ports = number | ReadonlySet<number>

/** The port that the kernel is asked for; 0: every port. */
const askedPort = (ports: Ports): number => (typeof ports === 'number' ? ports : 0)

const amongThese =
  (ports: Ports) =>
  ({ fact: { port } }: SocketRecord): boolean =>
    port !== undefined && (typeof ports === 'number' ? port === ports : ports.has(port))

/** The TCP listeners of both families, in one listing; null if this kernel cannot list them so. */
const readBoth = async (
  connection: NetlinkConnection,
  ports: Ports,
): Promise<readonly SocketRecord[] | null> => {
  try {
    const found = await readTcpListeners(connection, () => null, askedPort(ports))
    return found.length === 0 ? found : found.filter(amongThese(ports))
  } catch (error) {
    if (error instanceof InspectError) return null
    throw error
  }
}

const read = async (
  { family, connection }: Opened,
  protocol: Protocol,
  ports: Ports,
): Promise<readonly SocketRecord[]> => {
  try {
    const { sockets } = await readSockets(connection, protocol, family, () => null, askedPort(ports))
    return sockets.filter(amongThese(ports))
  } catch (error) {
    if (error instanceof InspectError) return []
    throw error
  }
}
