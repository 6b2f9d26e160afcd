import { existsSync } from 'node:fs'
import { InspectError, type Protocol, type SocketFact } from '@portolan/netfilter'
import { type NetlinkConnection, openConnection } from '../netlink/connection.ts'
import { AF_INET, AF_INET6, NETLINK_SOCK_DIAG } from '../netlink/constants.ts'
import { readSockets, type SocketRecord } from './read-sockets.ts'
import { settled } from './settled.ts'
import { socketOwners } from './socket-owners.ts'

const ENOENT = 2

/**
 * The sockets of every protocol with the names of their processes. Sockets that share a port (SO_REUSEPORT) under one
 * process name are one fact.
 */
export const readHostSockets = async (
  names: (index: number) => string | null,
  processNames: boolean,
  unread: string[],
): Promise<readonly SocketFact[]> => {
  const connection = openConnection(NETLINK_SOCK_DIAG)
  const lists: (readonly SocketRecord[])[] = []
  try {
    for (const protocol of ['tcp', 'udp', 'sctp'] as const)
      for (const family of [AF_INET, AF_INET6] as const)
        lists.push(await readProtocol(connection, protocol, family, names, unread))
  } finally {
    connection.close()
  }
  const records = lists.flat()
  if (!processNames) return distinct(records.map((record) => record.fact))
  const { processes, complete } = socketOwners(records.map((record) => record.inode))
  if (!complete) unread.push('Which process holds some of the listening sockets is only shown to root.')
  return distinct(
    records.map(({ fact, inode }) => {
      const owner = processes.get(inode)
      return owner === undefined ? fact : { ...fact, process: owner.name }
    }),
  )
}

const readProtocol = async (
  connection: NetlinkConnection,
  protocol: Protocol,
  family: typeof AF_INET | typeof AF_INET6,
  names: (index: number) => string | null,
  unread: string[],
): Promise<readonly SocketRecord[]> => {
  try {
    const read = () => readSockets(connection, protocol, family, names)
    return (await settled(`${protocol} sockets`, unread, read)).sockets
  } catch (error) {
    if (!(error instanceof InspectError)) throw error
    // A kernel without SCTP, or without IPv6, cannot list such sockets, and has none.
    const absent =
      (protocol === 'sctp' && !existsSync('/proc/net/sctp')) ||
      (family === AF_INET6 && !existsSync('/proc/net/if_inet6'))
    if (!(error.exitCode === ENOENT && absent))
      unread.push(`The ${protocol} sockets could not be listed: ${error.message}`)
    return []
  }
}

const distinct = (facts: readonly SocketFact[]): readonly SocketFact[] => [
  ...new Map(facts.map((fact) => [JSON.stringify(fact), fact])).values(),
]
