import type { HostFacts, SocketFact } from '@portolan/netfilter'
import { localPortRange } from '@portolan/netfilter/sysctls'
import type { DesiredMapping, DesiredState } from '../contract/index.ts'
import { keepsPorts } from '../engine/podman-project.ts'
import type { Conflict } from './conflict.ts'
import { hostPortTaken } from './kind/host-port-taken.ts'

/**
 * Finds mappings with a host port that a process of the host already listens on.
 * @example
 * findHostPortTaken(desired, facts)
 * @public @since 0.1.0
 */
export const findHostPortTaken = (
  { project, mappings }: Pick<DesiredState, 'project' | 'mappings'>,
  facts: HostFacts,
): readonly Conflict[] => {
  const byPort = new Map<string, SocketFact[]>()
  for (const socket of facts.sockets ?? []) {
    const key = `${socket.protocol ?? 'tcp'} ${socket.port}`
    byPort.set(key, [...(byPort.get(key) ?? []), socket])
  }
  if (byPort.size === 0) return []
  const clients = localPortRange(facts)
  return mappings.flatMap((mapping) => {
    if (mapping.kind !== 'nat') return []
    const socket = byPort
      .get(`${mapping.protocol} ${mapping.hostPort}`)
      ?.find((one) => takesFrom(mapping, one) && !keepsPorts(project, one.process))
    if (socket === undefined) return []
    const { protocol, hostPort } = mapping
    const isClient = protocol === 'udp' && hostPort >= clients.first && hostPort <= clients.last
    return [hostPortTaken(project, mapping, socket, calledAt(mapping, socket, facts), isClient)]
  })
}

/** Whether the mapping would take packets that the socket gets today. */
const takesFrom = (mapping: DesiredMapping, socket: SocketFact): boolean => {
  const address = socket.address ?? (mapping.family === 'ip' ? '0.0.0.0' : '::')
  // An IPv6 socket on every address also takes IPv4 clients, unless it says otherwise (ipv6(7), IPV6_V6ONLY).
  if (address === '::') return mapping.family === 'ip6' || socket.v6only !== true
  if (address === '0.0.0.0') return mapping.family === 'ip'
  if (address.includes(':') !== (mapping.family === 'ip6')) return false
  // ::1 is never translated, so its listener loses nothing.
  if (address === '::1') return false
  return mapping.hostAddress === null || mapping.hostAddress === address
}

/** An address at which a host process calls the socket today and would reach the container instead; null: not known. */
const calledAt = (mapping: DesiredMapping, socket: SocketFact, facts: HostFacts): string | null => {
  if (mapping.hostAddress !== null) return mapping.hostAddress
  const { address } = socket
  if (address !== undefined && address !== '0.0.0.0' && address !== '::') return address
  if (mapping.family === 'ip') return '127.0.0.1'
  // ::1 is never translated, so the address of an interface is needed.
  const addresses = (facts.interfaces ?? []).flatMap((link) => link.addresses ?? [])
  const global = addresses.find((one) => one.includes(':') && !/^(fe[89ab].:|::1\/)/i.test(one))
  return global?.slice(0, global.indexOf('/')) ?? null
}
