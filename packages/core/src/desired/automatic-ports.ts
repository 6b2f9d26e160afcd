import { PortolanError } from '../error/index.ts'
import { type HostFacts, localPortRange } from '../facts/index.ts'
import type { PublishedPort } from './expand-mappings.ts'

/**
 * Hands out host ports to mappings that name none.
 * @internal
 */
export interface PortSupply {
  /** The port for one use: the same use gets the same port in every family. */
  take(protocol: string, use: string): number
}

/**
 * A supply of the free ports of `ip_local_port_range`, lowest first: not reserved, not listened on, and not in
 * use by any mapping.
 * @throws PortolanError `PORTS_EXHAUSTED` from `take` when the range is used up
 * @internal
 */
export const portSupply = (
  facts: HostFacts,
  fixed: readonly { readonly protocol: string; readonly hostPort: number }[],
  others: readonly PublishedPort[],
): PortSupply => {
  const sysctls = facts.sysctls ?? {}
  const { first, last } = localPortRange(facts)
  const reserved = parsePortList(sysctls['net.ipv4.ip_local_reserved_ports'] ?? '')
  const key = (protocol: string, port: number): string => `${protocol} ${port}`
  const used = new Set<string>()
  for (const socket of facts.sockets ?? []) used.add(key(socket.protocol ?? 'tcp', socket.port ?? 0))
  for (const { protocol, hostPort } of [...fixed, ...others]) used.add(key(protocol, hostPort))
  const given = new Map<string, number>()
  const next = new Map<string, number>()

  const take = (protocol: string, use: string): number => {
    const known = given.get(`${protocol} ${use}`)
    if (known !== undefined) return known
    for (let port = next.get(protocol) ?? first; port <= last; port += 1) {
      if (used.has(key(protocol, port)) || reserved.some((one) => port >= one.first && port <= one.last))
        continue
      next.set(protocol, port + 1)
      given.set(`${protocol} ${use}`, port)
      return port
    }
    throw new PortolanError(
      'PORTS_EXHAUSTED',
      `No host port is free for ${use}: all of ${first} to ${last} (net.ipv4.ip_local_port_range) is reserved, listened on or published. Name a host port outside the range, or widen the range.`,
    )
  }
  return { take }
}

/** @see Documentation/networking/ip-sysctl.rst `ip_local_reserved_ports`: `8080,9148`, `30000-32767` */
const parsePortList = (text: string): readonly { readonly first: number; readonly last: number }[] =>
  text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return { first, last }
    })
