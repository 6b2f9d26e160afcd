import { eachAttribute, littleEndian, type MessageView } from '@portolan/core/netlink'
import type { Protocol, SocketFact } from '@portolan/netfilter'
import { addressText, isMapped } from '../address/address-text.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { AF_INET, AF_INET6 } from '../netlink/constants.ts'
import { dump } from '../netlink/request.ts'

/** include/uapi/linux/sock_diag.h, inet_diag.h */
const SOCK_DIAG_BY_FAMILY = 20
const TCPDIAG_GETSOCK = 18
const INET_DIAG_SKV6ONLY = 11
const INET_DIAG_LOCALS = 12

/** include/net/tcp_states.h, as bits. A bound UDP socket without a peer is in state TCP_CLOSE. */
const CLOSE = 1 << 7
const LISTEN = 1 << 10

const protocols: Readonly<Record<Protocol, { readonly number: number; readonly states: number }>> = {
  tcp: { number: 6, states: LISTEN },
  udp: { number: 17, states: CLOSE },
  sctp: { number: 132, states: LISTEN },
}

/** A socket, with the inode that identifies it in /proc; 0 where no process owns the socket. */
export interface SocketRecord {
  readonly fact: SocketFact
  readonly inode: number
}

/**
 * Lists the sockets of one protocol and family that take traffic from any peer: listening, or bound without a peer.
 *
 * @param names - interface names by index
 * @param port - lists only sockets of this port; 0: every port
 * @throws InspectError with `exitCode` 2 (ENOENT) when the kernel cannot list that protocol
 */
export const readSockets = async (
  connection: NetlinkConnection,
  protocol: Protocol,
  family: typeof AF_INET | typeof AF_INET6,
  names: (index: number) => string | null,
  port = 0,
): Promise<{ sockets: readonly SocketRecord[]; consistent: boolean }> => {
  const sockets: SocketRecord[] = []
  const { number, states } = protocols[protocol]
  // struct inet_diag_req_v2: family, protocol, extensions, pad, states, then an inet_diag_sockid of a port or of nothing.
  const request = new Uint8Array(56)
  const view = new DataView(request.buffer)
  view.setUint8(0, family)
  view.setUint8(1, number)
  view.setUint32(4, states, littleEndian)
  view.setUint16(8, port)
  const consistent = await dump(connection, SOCK_DIAG_BY_FAMILY, request, (part) => {
    if (part.view.getUint8(part.start) === family) parseSocket(part, protocol, names, sockets)
  })
  return { sockets, consistent }
}

/** struct inet_diag_req: family, two prefix lengths, extensions, an inet_diag_sockid, states, dbs. */
const oldRequest = new DataView(new ArrayBuffer(60))
oldRequest.setUint8(0, AF_INET)
oldRequest.setUint32(52, LISTEN, littleEndian)

/**
 * Lists the listening TCP sockets of a port, of both families in one listing. It uses the older request, which the
 * kernel answers for every family (net/ipv4/inet_diag.c `inet_diag_dump_compat`). The newer request is for one family
 * at a time.
 *
 * @param names - interface names by index
 * @param port - lists only sockets of this port; 0: every port
 * @throws InspectError when the kernel does not know the request
 */
export const readTcpListeners = async (
  connection: NetlinkConnection,
  names: (index: number) => string | null,
  port: number,
): Promise<readonly SocketRecord[]> => {
  const sockets: SocketRecord[] = []
  // `dump` copies the request into its message at once, so the buffer can be reused.
  oldRequest.setUint16(4, port)
  await dump(connection, TCPDIAG_GETSOCK, new Uint8Array(oldRequest.buffer), (part) =>
    parseSocket(part, 'tcp', names, sockets),
  )
  return sockets
}

/** Appends the sockets of one struct inet_diag_msg to a list. An SCTP socket has one entry for each address. */
export const parseSocket = (
  { view, start, end }: MessageView,
  protocol: Protocol,
  names: (index: number) => string | null,
  onto: SocketRecord[],
): void => {
  const ip6 = view.getUint8(start) === AF_INET6
  const port = view.getUint16(start + 4)
  // A UDP socket that is not bound yet has no port.
  if (port === 0) return
  const index = view.getUint32(start + 40, littleEndian)
  let v6only = false
  const addresses: string[] = []
  eachAttribute(view, start + 72, end, (type, from, to) => {
    if (type === INET_DIAG_SKV6ONLY) v6only = view.getUint8(from) !== 0
    else if (type === INET_DIAG_LOCALS) addresses.push(...sctpAddresses(view, from, to))
  })
  if (addresses.length === 0) addresses.push(socketAddress(view, start + 8, ip6))
  for (const address of addresses)
    onto.push({
      inode: view.getUint32(start + 68, littleEndian),
      fact: {
        protocol,
        address,
        port,
        ...(ip6 && address.includes(':') ? { v6only } : {}),
        ...(index === 0 ? {} : { interface: names(index) ?? `#${index}` }),
      },
    })
}

/** The address of a socket. An IPv6 socket bound to `::ffff:192.0.2.1` listens at 192.0.2.1 and nowhere else. */
const socketAddress = (view: DataView, start: number, ip6: boolean): string => {
  if (!ip6) return addressText(view, start, 4)
  return isMapped(view, start) ? addressText(view, start + 12, 4) : addressText(view, start, 16)
}

/** Reads INET_DIAG_LOCALS: a row of struct sockaddr_storage, 128 bytes each (net/sctp/diag.c). */
const sctpAddresses = (view: DataView, start: number, end: number): readonly string[] => {
  const addresses: string[] = []
  for (let offset = start; offset + 128 <= end; offset += 128) {
    const family = view.getUint16(offset, littleEndian)
    if (family === AF_INET) addresses.push(addressText(view, offset + 4, 4))
    else if (family === AF_INET6) addresses.push(socketAddress(view, offset + 8, true))
  }
  return addresses
}
