import { fstatSync, readdirSync, readFileSync, readSync, writeSync } from 'node:fs'

/**
 * The descriptor of a netlink socket, written to and read from without the event loop. The kernel carries a request out
 * within the call that sends it (net/netlink/af_netlink.c, `netlink_unicast_kernel`), so its answer waits already.
 *
 * It is not told which port a datagram came from. Another process may only send to a port of netfilter, sock_diag or
 * rtnetlink with CAP_NET_ADMIN (`netlink_allowed`), with which it could change the rules themselves.
 */
export interface DirectSocket {
  /**
   * @returns false: there is no room just now, and nothing was sent
   * @throws what the kernel says
   */
  send(datagram: Uint8Array): boolean
  /**
   * @returns the next datagram that waits; null: none does
   * @throws what the kernel says, and EMSGSIZE for a datagram that is longer than `ROOM_BYTES`
   */
  receive(): Uint8Array | null
}

/** More than the kernel gives a listing (`netlink_dump`: 32 KiB). */
const ROOM_BYTES = 65_536
const room = new Uint8Array(ROOM_BYTES)

/** So long are nearly all answers, but for listings. */
const SHORT_BYTES = 64

/** What was read: what is read next must not show in it. Short ones are copied to where `Buffer` has room. */
const copied = (count: number): Uint8Array => {
  if (count > SHORT_BYTES) return Buffer.from(room.subarray(0, count))
  // A view of a part, and a call to copy that, take longer.
  const bytes = Buffer.allocUnsafe(count)
  for (let at = 0; at < count; at += 1) bytes[at] = room[at] ?? 0
  return bytes
}

/**
 * Finds a socket of this process by its protocol and port.
 * @returns null where /proc does not tell
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

/** The inode of a socket is in both lists: that of the kernel's netlink sockets, and that of our descriptors. */
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

/** net/netlink/af_netlink.c, `netlink_native_seq_show`: sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode. */
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
      // In bigints, as `file/read-bytes.ts` says: it may be a socket or a pipe.
      const found = fstatSync(descriptor, { bigint: true })
      return found.isSocket() && found.ino === BigInt(inode)
    } catch {
      return false
    }
  }

const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  codes.includes((error as NodeJS.ErrnoException).code ?? '')
