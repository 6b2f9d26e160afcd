import { fstatSync, readdirSync, readFileSync, readSync, writeSync } from 'node:fs'
import { errorCode } from '@portolan/netfilter/schema'

/**
 * The descriptor of a netlink socket, used without the event loop. The kernel carries out a request within the call
 * that sends it (net/netlink/af_netlink.c, `netlink_unicast_kernel`), so the answer is already there.
 *
 * A read does not give the port that a datagram came from. But another process needs CAP_NET_ADMIN to send to a port of
 * netfilter, sock_diag or rtnetlink (`netlink_allowed`), and with that it could change the rules themselves.
 */
export interface DirectSocket {
  /**
   * @returns false: there is no room now, and nothing was sent
   * @throws what the kernel says
   */
  send(datagram: Uint8Array): boolean
  /**
   * @returns the next waiting datagram; null: none waits
   * @throws what the kernel says, and EMSGSIZE for a datagram that is longer than `ROOM_BYTES`
   */
  receive(): Uint8Array | null
}

/** The read buffer, in bytes. It is larger than the kernel's datagrams of a listing (`netlink_dump`: 32 KiB). */
const ROOM_BYTES = 65_536
const room = new Uint8Array(ROOM_BYTES)

/** The length of nearly all answers that are not listings, in bytes. */
const SHORT_BYTES = 64

/** Copies what was read, because the next read overwrites it. A short answer is copied into the pool of `Buffer`. */
const copied = (count: number): Uint8Array => {
  if (count > SHORT_BYTES) return Buffer.from(room.subarray(0, count))
  // For a short answer, taking a view and copying it takes longer.
  const bytes = Buffer.allocUnsafe(count)
  for (let at = 0; at < count; at += 1) bytes[at] = room[at] ?? 0
  return bytes
}

/**
 * Finds a socket of this process by its protocol and port.
 * @returns null where /proc does not show it
 */
export const findDirectSocket = (protocol: number, port: number): DirectSocket | null => {
  const descriptor = descriptorOf(protocol, port)
  if (descriptor === null) return null
  return {
    send: (datagram) => {
      try {
        writeSync(descriptor, datagram)
        return true
      } catch (error) {
        if (isCode(error, 'EAGAIN', 'ENOBUFS')) return false
        throw error
      }
    },
    receive: () => {
      for (;;) {
        try {
          const count = readSync(descriptor, room)
          if (count === ROOM_BYTES)
            throw Object.assign(new Error(`a reply was longer than ${ROOM_BYTES - 1} bytes`), {
              code: 'EMSGSIZE',
            })
          return copied(count)
        } catch (error) {
          if (isCode(error, 'EAGAIN')) return null
          if (!isCode(error, 'EINTR')) throw error
        }
      }
    },
  }
}

/**
 * Finds the descriptor by the inode of the socket, which is in the kernel's list of netlink sockets and in the list of
 * our descriptors.
 */
const descriptorOf = (protocol: number, port: number): number | null => {
  try {
    const inode = inodeOf(readFileSync('/proc/thread-self/net/netlink', 'latin1'), protocol, port)
    if (inode === null) return null
    const found = readdirSync('/proc/self/fd').map(Number).filter(isSocketOf(inode))
    return found.length === 1 ? (found[0] ?? null) : null
  } catch {
    return null
  }
}

/**
 * Finds the inode of a socket in the kernel's list. net/netlink/af_netlink.c, `netlink_native_seq_show`: sk Eth Pid
 * Groups Rmem Wmem Dump Locks Drops Inode.
 */
const inodeOf = (list: string, protocol: number, port: number): number | null => {
  for (const line of list.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/)
    if (Number(fields[1]) === protocol && Number(fields[2]) === port >>> 0) return Number(fields[9])
  }
  return null
}

const isSocketOf =
  (inode: number) =>
  (descriptor: number): boolean => {
    try {
      // `bigint` is needed where the descriptor may be a socket or a pipe, as `file/read-bytes.ts` explains.
      const found = fstatSync(descriptor, { bigint: true })
      return found.isSocket() && found.ino === BigInt(inode)
    } catch {
      return false
    }
  }

const isCode = (error: unknown, ...codes: readonly string[]): boolean => codes.includes(errorCode(error))
