import type { Family, Protocol } from '@portolan/netfilter'
import { canonical } from '../address/canonical.ts'
import { readAddresses } from '../facts/read-addresses.ts'
import { openConnection } from '../netlink/connection.ts'
import { NETLINK_ROUTE } from '../netlink/constants.ts'
import { type FlowSearch, protocolNumbers } from './flow-search.ts'

/**
 * Flows to a port of this host.
 * @public @since 0.1.0
 */
export interface UntranslatedFlows {
  readonly family: Family
  readonly protocol: Protocol
  /** The host address that the flows are sent to; null: every address of the host. */
  readonly hostAddress: string | null
  readonly hostPort: number
}

/** @internal */
export const untranslatedFlows = async (sockets: readonly UntranslatedFlows[]): Promise<FlowSearch> => {
  /** The wanted host addresses, by the other properties of an entry. Null stands for every address of the host. */
  const wanted = new Map<string, Set<string | null>>()
  for (const { family, protocol, hostAddress, hostPort } of sockets) {
    const key = `${family} ${protocolNumbers[protocol]} ${hostPort}`
    const address = hostAddress === null ? null : canonical(hostAddress)
    wanted.set(key, (wanted.get(key) ?? new Set()).add(address))
  }
  const own = sockets.some(({ hostAddress }) => hostAddress === null) ? await ownAddresses() : null
  // The whole of 127.0.0.0/8 is the host's, though only 127.0.0.1 is set on an interface.
  const isOwn = (address: string): boolean => address.startsWith('127.') || own?.has(address) === true
  return {
    families: new Set(sockets.map(({ family }) => family)),
    isWanted: ({ family, original, reply }) => {
      if (reply.source !== original.destination || reply.sourcePort !== original.destinationPort) return false
      const addresses = wanted.get(`${family} ${original.protocol} ${original.destinationPort}`)
      if (addresses === undefined) return false
      return addresses.has(original.destination) || (addresses.has(null) && isOwn(original.destination))
    },
  }
}

const ownAddresses = async (): Promise<ReadonlySet<string>> => {
  const connection = openConnection(NETLINK_ROUTE)
  try {
    const { addresses } = await readAddresses(connection)
    return new Set([...addresses.values()].flat().map((text) => text.slice(0, text.indexOf('/'))))
  } finally {
    connection.close()
  }
}
