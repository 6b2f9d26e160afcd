import type { Family } from '@portolan/netfilter'
import { canonical } from '../address/canonical.ts'
import type { ConntrackEntry } from './conntrack-message.ts'
import type { CountedSocket } from './counted-socket.ts'
import { protocolNumbers } from './flow-search.ts'

/**
 * The parts of a flow that identify its host socket: the destination it was sent to, and the target it was translated
 * to.
 */
export interface FlowPlace {
  /** The family, protocol, host port and target as one text. */
  readonly key: string
  /** The host address that the flow was sent to. */
  readonly address: string
}

export const placeOf = ({ family, original, reply }: ConntrackEntry): FlowPlace => ({
  key: keyOf(family, original.protocol, original.destinationPort, reply.source, reply.sourcePort),
  address: original.destination,
})

/**
 * Finds the sockets that a flow belongs to, as indexes in the list: the sockets bound to its host address, or else
 * those for every address.
 */
export const findSockets = (sockets: readonly CountedSocket[]): ((place: FlowPlace) => readonly number[]) => {
  /** The indexes of sockets by target, then by host address; '*': any address. */
  const places = new Map<string, Map<string, number[]>>()
  for (const [at, { family, protocol, hostAddress, hostPort, targets }] of sockets.entries())
    for (const { address, port } of targets) {
      const key = keyOf(family, protocolNumbers[protocol], hostPort, canonical(address), port)
      const byAddress = places.get(key) ?? new Map<string, number[]>()
      const host = hostAddress === null ? '*' : canonical(hostAddress)
      const known = byAddress.get(host)
      if (known === undefined) byAddress.set(host, [at])
      else known.push(at)
      places.set(key, byAddress)
    }
  return ({ key, address }) => {
    const byAddress = places.get(key)
    return byAddress?.get(address) ?? byAddress?.get('*') ?? none
  }
}

const none: readonly number[] = []

const keyOf = (family: Family, protocol: number, hostPort: number, address: string, port: number): string =>
  `${family} ${protocol} ${hostPort} ${address} ${port}`
