import type { ConntrackEntry } from './conntrack-message.ts'
import { type FlowCount, tallyOf } from './count-flows.ts'
import type { CountedSocket } from './counted-socket.ts'
import { type FlowPlace, findSockets, placeOf } from './flow-place.ts'

/**
 * The traffic that a host socket has led to its targets, as far as readings saw it, and its open flows.
 * @public @since 0.1.0
 */
export interface FlowTotal {
  /** The flows that are open now. */
  readonly open: FlowCount
  /** Connections that a reading saw, each counted once. */
  readonly connections: number
  /** Packets of the flows that conntrack accounting counts, in both directions, since the flows began. */
  readonly packets: number
  /** Bytes of the same packets, with their IP headers. */
  readonly bytes: number
}

/** Sums over flows that begin and end. A sum never falls. */
export interface FlowTotals {
  /** Starts a listing of the kernel's table. */
  list(sockets: readonly CountedSocket[]): FlowListing
}

/** One listing of the table: it takes each entry, and then gives the sums. */
export interface FlowListing {
  add(entry: ConntrackEntry): void
  totals(): readonly FlowTotal[]
}

interface Sum extends FlowPlace {
  connections: number
  packets: number
  bytes: number
}

/** A flow of the last listing. */
interface SeenFlow {
  readonly sum: Sum
  readonly packets: number
  readonly bytes: number
}

/** Opens sums without their own access to the kernel: the caller lists the table. */
export const openFlowTotals = (): FlowTotals => {
  const sums = new Map<string, Sum>()
  let seen: ReadonlyMap<string, SeenFlow> = new Map()

  const sumOf = (place: FlowPlace): Sum => {
    const key = `${place.key} ${place.address}`
    const known = sums.get(key)
    if (known !== undefined) return known
    const sum = { ...place, connections: 0, packets: 0, bytes: 0 }
    sums.set(key, sum)
    return sum
  }

  return {
    list: (sockets) => {
      const socketsOf = findSockets(sockets)
      const open = tallyOf(sockets, socketsOf)
      const listed = new Map<string, SeenFlow>()
      return {
        add: (entry) => {
          if (!entry.destinationTranslated) return
          const place = placeOf(entry)
          if (socketsOf(place).length === 0) return
          const name = nameOf(entry)
          // An entry that moves within the table during the listing may be listed twice.
          if (listed.has(name)) return
          open.add(entry)
          const before = seen.get(name)
          const now = entry.counted ?? { packets: 0, bytes: 0 }
          // The kernel may reuse the id of a deleted entry for the next one with the same addresses. Its counters are
          // then lower.
          const isSame = before !== undefined && now.packets >= before.packets && now.bytes >= before.bytes
          const sum = isSame ? before.sum : sumOf(place)
          if (!isSame) sum.connections += 1
          sum.packets += now.packets - (isSame ? before.packets : 0)
          sum.bytes += now.bytes - (isSame ? before.bytes : 0)
          listed.set(name, { sum, packets: now.packets, bytes: now.bytes })
        },
        totals: () => {
          seen = listed
          const totals = open.counts().map((count) => ({ open: count, connections: 0, packets: 0, bytes: 0 }))
          for (const [key, sum] of sums) {
            const places = socketsOf(sum)
            if (places.length === 0) sums.delete(key)
            for (const at of places) {
              const total = totals[at]
              if (total === undefined) continue
              total.connections += sum.connections
              total.packets += sum.packets
              total.bytes += sum.bytes
            }
          }
          return totals
        },
      }
    },
  }
}

const nameOf = ({ id, family, original: { source, sourcePort, destination } }: ConntrackEntry): string =>
  `${id} ${family} ${source} ${sourcePort} ${destination}`
