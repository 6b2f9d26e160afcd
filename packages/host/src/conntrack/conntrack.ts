import { setTimeout as delay } from 'node:timers/promises'
import { openConnection } from '../netlink/connection.ts'
import { NETLINK_NETFILTER } from '../netlink/constants.ts'
import { deleteEntries, listEntries, tracksNothing } from './conntrack-entries.ts'
import type { ConntrackEntry } from './conntrack-message.ts'
import type { FlowSearch } from './flow-search.ts'
import { type MappedFlows, mappedFlows } from './mapped-flows.ts'
import { type UntranslatedFlows, untranslatedFlows } from './untranslated-flows.ts'

/**
 * The conntrack table of this network namespace, on a socket that is kept open. Requests that come while the table is
 * being listed are answered together by the next listing.
 * @public @since 0.1.0
 */
export interface Conntrack {
  /** Like the function `forgetFlows`, on this socket. */
  forgetFlows(mappings: readonly MappedFlows[]): Promise<number>
  /** Like the function `forgetUntranslated`, on this socket. */
  forgetUntranslated(sockets: readonly UntranslatedFlows[]): Promise<number>
  close(): void
}

/**
 * How long a request waits for others to share a listing. A listing takes some ten times as long and blocks the
 * process.
 */
const GATHER_MS = 2

interface Waiting extends FlowSearch {
  readonly resolve: (deleted: number) => void
  readonly reject: (error: unknown) => void
}

/**
 * Opens the conntrack table. It keeps the process alive only while a request is open.
 * @example
 * const conntrack = openConntrack()
 * await conntrack.forgetUntranslated([{ family: 'ip', protocol: 'udp', hostAddress: null, hostPort: 53 }])
 * conntrack.close()
 * @public @since 0.1.0
 */
export const openConntrack = (): Conntrack => {
  const connection = openConnection(NETLINK_NETFILTER)
  const waiting: Waiting[] = []
  let busy = false

  /** Lists the table once for all searches. Each entry goes to the first search that wants it. */
  const carryOut = async (searches: readonly Waiting[]): Promise<void> => {
    const found = new Map(searches.map((search) => [search, [] as ConntrackEntry[]]))
    try {
      const families = new Set(searches.flatMap((search) => [...search.families]))
      await listEntries(connection, families, (entry) => {
        const search = searches.find((one) => one.families.has(entry.family) && one.isWanted(entry))
        if (search !== undefined) found.get(search)?.push(entry)
      })
      for (const [search, entries] of found) search.resolve(await deleteEntries(connection, entries))
    } catch (error) {
      for (const search of searches) search.reject(error)
    }
  }
  const work = async (): Promise<void> => {
    if (busy) return
    busy = true
    while (waiting.length > 0) {
      await delay(GATHER_MS)
      await carryOut(waiting.splice(0))
    }
    busy = false
  }
  const forget = async (search: FlowSearch): Promise<number> => {
    if (search.families.size === 0 || tracksNothing()) return 0
    return new Promise((resolve, reject) => {
      waiting.push({ ...search, resolve, reject })
      void work()
    })
  }

  return {
    forgetFlows: async (mappings) => forget(mappedFlows(mappings)),
    forgetUntranslated: async (sockets) => forget(await untranslatedFlows(sockets)),
    close: () => connection.close(),
  }
}
