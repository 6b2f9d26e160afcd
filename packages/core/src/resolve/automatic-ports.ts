import type { HostFacts, Protocol } from '@portolan/netfilter'
import { localPortRange, reservedPorts } from '@portolan/netfilter/sysctls'
import type { PublishedPort } from '../contract/index.ts'
import type { Intent } from '../intent/index.ts'
import { acquirePortIn } from '../lease/acquire-port.ts'
import type { PortHolder } from '../lease/index.ts'
import { leaseKey, portHolderKey } from '../lease/lease-key.ts'
import { releaseLeaseIn } from '../lease/release.ts'
import type { LeaseDraft } from './lease-draft.ts'

/**
 * Hands out host ports to mappings that name none.
 * @internal
 */
export interface PortSupply {
  /** The host port of one holder: the same in every family. */
  take(protocol: Protocol, holder: PortHolder): number
}

/**
 * Supplies the free ports of `ip_local_port_range`, lowest first. A free port is not reserved, not listened on, not
 * leased, and in no mapping. A mapping that already has a port keeps it, unless a mapping of the same intent names that
 * port.
 * @throws PortolanError `PORTS_EXHAUSTED` from `take` when the range is used up
 * @internal
 */
export const portSupply = (
  facts: HostFacts,
  mappings: Intent['mappings'],
  others: readonly PublishedPort[],
  leases: LeaseDraft,
): PortSupply => {
  const { first, last } = localPortRange(facts)
  const reserved = reservedPorts(facts)
  const key = (protocol: string, port: number): string => `${protocol} ${port}`
  // Many projects name sixteen thousand ports and leave none open. So the ports are collected at the first `take`.
  const noted = lazily(() => {
    const named = new Set<string>()
    for (const { protocol, hostPorts } of mappings)
      if (hostPorts !== null)
        for (let port = hostPorts.first; port <= hostPorts.last; port += 1) named.add(key(protocol, port))
    const used = new Set(named)
    for (const socket of facts.sockets ?? []) used.add(key(socket.protocol ?? 'tcp', socket.port ?? 0))
    for (const { protocol, hostPort } of others) used.add(key(protocol, hostPort))
    return { named, used }
  })
  const next = new Map<string, number>()

  const take = (protocol: Protocol, holder: PortHolder): number => {
    const { named, used } = noted()
    const held = leases.book.ofHolder(portHolderKey(protocol, holder))
    if (held?.kind === 'port') {
      if (!named.has(key(protocol, held.port))) return held.port
      releaseLeaseIn(leases.book, leaseKey(held))
    }
    const { port } = acquirePortIn(leases.book, {
      holder,
      protocol,
      planned: true,
      range: { first, last },
      from: next.get(protocol) ?? first,
      isTaken: (one) =>
        used.has(key(protocol, one)) || reserved.some((range) => one >= range.first && one <= range.last),
    })
    next.set(protocol, port + 1)
    return port
  }
  return { take }
}

const lazily = <Value>(make: () => Value): (() => Value) => {
  let made: Value | undefined
  return () => {
    made ??= make()
    return made
  }
}
