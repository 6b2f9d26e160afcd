import { readFileSync } from 'node:fs'
import { type Family, InspectError, PermissionError } from '@portolan/netfilter'
import { changeError } from '../netlink/change-error.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EPERM } from '../netlink/errno.ts'
import { dump, send } from '../netlink/request.ts'
import {
  CONNTRACK_DELETE,
  CONNTRACK_GET,
  type ConntrackEntry,
  conntrackHeader,
  parseConntrack,
} from './conntrack-message.ts'
import type { CountedSocket } from './counted-socket.ts'

/**
 * Visits every entry of some families in one walk. For each request the kernel goes through all buckets of its table
 * (`ctnetlink_dump_table`). A request for family 0 gets both families in one walk.
 *
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws InspectError when this kernel cannot list its conntrack entries
 */
export const listEntries = async (
  connection: NetlinkConnection,
  families: ReadonlySet<Family>,
  visit: (entry: ConntrackEntry) => void,
): Promise<void> => {
  const [family, other] = families
  if (family === undefined) return
  try {
    await dump(connection, CONNTRACK_GET, conntrackHeader(other === undefined ? family : null), (part) => {
      const entry = parseConntrack(part)
      if (entry !== null) visit(entry)
    })
  } catch (error) {
    if (error instanceof InspectError && error.exitCode === EPERM)
      throw new PermissionError(
        'Could not list the conntrack entries: that needs the capability CAP_NET_ADMIN. Run this as root.',
        'CAP_NET_ADMIN',
        { cause: error },
      )
    throw error
  }
}

/**
 * Visits every entry of the sockets' families, or none where this network namespace tracks no flow.
 * @throws as `listEntries`
 */
export const listEntriesOf = async (
  connection: NetlinkConnection,
  sockets: readonly CountedSocket[],
  visit: (entry: ConntrackEntry) => void,
): Promise<void> => {
  if (sockets.length === 0 || tracksNothing()) return
  await listEntries(connection, new Set(sockets.map(({ family }) => family)), visit)
}

const ENOENT = 2
/** The deletions in a datagram. With so few the acknowledgements stay far below the receive buffer. */
const BATCH = 256
const does = 'delete a conntrack entry'

/**
 * @returns how many entries still existed and were deleted
 * @throws ApplyError when the kernel refuses to delete one
 */
export const deleteEntries = async (
  connection: NetlinkConnection,
  entries: readonly ConntrackEntry[],
): Promise<number> => {
  let deleted = 0
  for (let from = 0; from < entries.length; from += BATCH) {
    const batch = entries.slice(from, from + BATCH)
    const errnos = await send(
      connection,
      batch.map((entry) => ({ type: CONNTRACK_DELETE, payload: [entry.deletion], does })),
    )
    for (const errno of errnos) {
      if (errno === 0) deleted += 1
      // ENOENT: the entry is gone, because it timed out or its flow ended.
      else if (errno !== ENOENT) throw changeError(does, errno, [])
    }
  }
  return deleted
}

/**
 * Tells whether this network namespace tracks no flow at all. A listing walks every bucket of a table that all
 * namespaces share (`ctnetlink_dump_table`). Finding nothing in 262,144 buckets takes 10 ms.
 */
export const tracksNothing = (): boolean => {
  try {
    return readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'utf8').trim() === '0'
  } catch {
    return false
  }
}
