import { accountsFlows, type CountedSocket, countFlows, type FlowCount } from '@portolan/host'
import { InspectError, PermissionError } from '@portolan/netfilter'
import type { ConnectionCounts, CountedConnections } from './counted-connections.ts'
import type { MappingLine } from './mapping-lines.ts'

const unknown: ConnectionCounts = { connections: null, packets: null, bytes: null }

/** The result where connections are not counted. */
export const notCounted: CountedConnections = { counts: new Map(), accounting: false, unread: [] }

/** Counts the open connections of mappings. */
export const countConnections = async (lines: readonly MappingLine[]): Promise<CountedConnections> => {
  const translated = lines.filter(({ mode }) => mode === 'nat')
  const accounting = accountsFlows()
  try {
    const counted = await countFlows(translated.map((line): CountedSocket => line))
    return {
      counts: new Map(
        translated.map((line, at) => {
          const count = counted[at]
          return [line, count === undefined ? unknown : countsOf(count, accounting)]
        }),
      ),
      accounting,
      unread: [],
    }
  } catch (error) {
    // The kernel has no netlink for conntrack, or this user may not ask.
    if (!(error instanceof PermissionError || error instanceof InspectError)) throw error
    return {
      counts: new Map(),
      accounting,
      unread: [`Open connections are not told: ${error.message}`],
    }
  }
}

/** @internal */
export const countsOf = (
  { connections, accounted, packets, bytes }: FlowCount,
  accounting: boolean,
): ConnectionCounts => {
  // With no open connection, nothing shows whether the kernel counts. Then zero is told only if accounting is on.
  const isCounted = accounted === connections && (accounting || connections > 0)
  return { connections, packets: isCounted ? packets : null, bytes: isCounted ? bytes : null }
}
