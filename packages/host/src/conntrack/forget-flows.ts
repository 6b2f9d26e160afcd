import { type Family, InspectError, PermissionError, type Protocol } from '@portolan/core'
import { parseAddress } from '../address/address-bytes.ts'
import { addressText } from '../address/address-text.ts'
import { type NetlinkConnection, openConnection } from '../netlink/connection.ts'
import { NETLINK_NETFILTER } from '../netlink/constants.ts'
import { changeError, dump, send } from '../netlink/request.ts'
import {
  CONNTRACK_DELETE,
  CONNTRACK_GET,
  type ConntrackEntry,
  conntrackHeader,
  parseConntrack,
} from './conntrack-message.ts'

/**
 * The flows of one mapping, as conntrack knows them.
 * @public @since 0.1.0
 */
export interface MappedFlows {
  readonly family: Family
  readonly protocol: Protocol
  /** The host address the flows were sent to; null: any. */
  readonly hostAddress: string | null
  /** The port the flows were sent to, before translation. */
  readonly hostPort: number
  /** Where the mapping led them: the source of the replies. */
  readonly address: string
  readonly port: number
}

/**
 * Deletes the conntrack entries of mappings that were changed or removed, so that flows under way (a UDP client
 * that never stops, above all) are judged by the rules as they are now and do not stick to the old container.
 * Only entries are touched whose destination was translated, from the mapping's port to the mapping's target.
 *
 * @returns how many entries were deleted
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws InspectError when this kernel cannot list its conntrack entries
 * @throws ApplyError when the kernel refuses to delete one
 * @throws InvalidRequestError for an address that is none
 * @example
 * await forgetFlows([{ family: 'ip', protocol: 'udp', hostAddress: null, hostPort: 53, address: '172.17.0.2', port: 53 }])
 * @public @since 0.1.0
 */
export const forgetFlows = async (mappings: readonly MappedFlows[]): Promise<number> => {
  if (mappings.length === 0) return 0
  const wanted = indexMappings(mappings)
  const connection = openConnection(NETLINK_NETFILTER)
  try {
    const entries: ConntrackEntry[] = []
    for (const family of new Set(mappings.map((mapping) => mapping.family)))
      await listEntries(connection, family, (entry) => {
        if (isWanted(entry, wanted)) entries.push(entry)
      })
    return await deleteEntries(connection, entries)
  } finally {
    connection.close()
  }
}

const numbers: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 }

/** Host addresses by what an entry is looked up with; null among them stands for every address. */
type WantedFlows = ReadonlyMap<string, ReadonlySet<string | null>>

const indexMappings = (mappings: readonly MappedFlows[]): WantedFlows => {
  const wanted = new Map<string, Set<string | null>>()
  for (const mapping of mappings) {
    const target = `${canonical(mapping.address)} ${mapping.port}`
    const key = `${mapping.family} ${numbers[mapping.protocol]} ${mapping.hostPort} ${target}`
    const address = mapping.hostAddress === null ? null : canonical(mapping.hostAddress)
    wanted.set(key, (wanted.get(key) ?? new Set()).add(address))
  }
  return wanted
}

const isWanted = (
  { family, original, reply, destinationTranslated }: ConntrackEntry,
  wanted: WantedFlows,
): boolean => {
  if (!destinationTranslated) return false
  const target = `${reply.source} ${reply.sourcePort}`
  const addresses = wanted.get(`${family} ${original.protocol} ${original.destinationPort} ${target}`)
  return addresses !== undefined && (addresses.has(null) || addresses.has(original.destination))
}

const canonical = (text: string): string => {
  const { bytes } = parseAddress(text)
  return addressText(new DataView(bytes.buffer), 0, bytes.length)
}

const EPERM = 1

const listEntries = async (
  connection: NetlinkConnection,
  family: Family,
  visit: (entry: ConntrackEntry) => void,
): Promise<void> => {
  try {
    await dump(connection, CONNTRACK_GET, conntrackHeader(family), (part) => {
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

const ENOENT = 2
/** Deletions a datagram: their acknowledgements stay far below the receive buffer. */
const BATCH = 256
const does = 'delete a conntrack entry'

const deleteEntries = async (
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
      // ENOENT: gone meanwhile, because it timed out or its flow ended.
      else if (errno !== ENOENT) throw changeError(does, errno, [])
    }
  }
  return deleted
}
