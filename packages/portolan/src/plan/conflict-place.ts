import type { Conflict, ConflictMapping, Intent, MappingIntent, PortRange } from '@portolan/core'
import type { SourcePosition } from '@portolan/netfilter'

/**
 * The place where an intent names the network or the port of a conflict.
 *
 * @returns null: the conflict concerns the host, or no file names its subject
 * @internal
 */
export const conflictPlace = (conflict: Conflict, intent: Intent): SourcePosition | null => {
  if (conflict.published !== null) return mappingPlace(conflict.published, intent)
  const networks = [...intent.networks, ...(intent.parented ?? [])]
  return networks.find(({ name }) => name === conflict.network)?.place ?? null
}

const mappingPlace = (published: ConflictMapping, { mappings }: Intent): SourcePosition | null => {
  const meant = mappings.filter((one) => publishes(one, published))
  // A mapping that names this host address comes before one that leaves the address open, which fits any address.
  const exact = meant.find(({ hostAddress }) => hostAddress === published.hostAddress)
  return (exact ?? meant[0])?.place ?? null
}

const publishes = (
  { protocol, service, hostPorts, containerPorts, interface: device }: MappingIntent,
  published: ConflictMapping,
): boolean =>
  protocol === published.protocol &&
  device === published.interface &&
  (published.mode === 'direct' || hostPorts === null || holds(hostPorts, published.hostPort)) &&
  published.targets.some((target) => target.service === service && holds(containerPorts, target.port))

const holds = ({ first, last }: PortRange, port: number): boolean => first <= port && port <= last
