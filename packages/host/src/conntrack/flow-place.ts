import type { Family } from '@portolan/netfilter'
import { canonical } from '../address/canonical.ts'
import type { ConntrackEntry } from './conntrack-message.ts'
import type { CountedSocket } from './counted-socket.ts'
import { protocolNumbers } from './flow-search.ts'

/** What tells the host socket of a flow: where it was sent to, and where it was led. */
export interface FlowPlace {
  /** Of protocol, host port and target. */
  readonly key: string
  /** The host address it was sent to. */
  readonly address: string
}

export const placeOf = ({ family, original, reply }: ConntrackEntry): FlowPlace => ({
  key: keyOf(family, original.protocol, original.destinationPort, reply.source, reply.sourcePort),
  address: original.destination,
})

/**
 * Finds the sockets that a flow belongs to, by their places in the list: those that are bound to its host address, or
 * else those for every address.
 */
export const findSockets = (sockets: readonly CountedSocket[]): ((place: FlowPlace) => readonly number[]) => {
  /** The places of sockets by target, and there by host address; '*': any. */
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
