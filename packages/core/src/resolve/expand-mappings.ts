import { type Family, families, familyOf, IntentError } from '@portolan/netfilter'
import { type Conflict, duplicateHostPort, loopbackUnreachable } from '../conflict/index.ts'
import type { DesiredEndpoint } from '../contract/desired-endpoint.ts'
import type { DesiredMapping, DesiredNetwork, DesiredTarget } from '../contract/desired-state.ts'
import type { PublishedPort } from '../contract/index.ts'
import { mappingLabel, socketLabel } from '../contract/mapping-label.ts'
import type { Intent, IntentNote, MappingIntent } from '../intent/index.ts'
import type { PortSupply } from './automatic-ports.ts'
import { findOverlaps } from './find-overlaps.ts'
import { portHolder } from './port-holder.ts'
import { socketTable } from './socket-table.ts'

/** @public @since 0.1.0 */
export interface ExpandedMappings {
  readonly mappings: readonly DesiredMapping[]
  readonly conflicts: readonly Conflict[]
  readonly notes: readonly IntentNote[]
}

/**
 * Turns the mappings of an intent into single ports of single families, and finds those that want the same host socket.
 * The first mapping keeps the socket. Mappings with weights share it.
 * @example
 * expandMappings(intent, desired.networks, desired.endpoints, [], { take: () => 32768 }).mappings
 * @public @since 0.1.0
 */
export const expandMappings = (
  intent: Intent,
  networks: readonly DesiredNetwork[],
  endpoints: readonly DesiredEndpoint[],
  others: readonly PublishedPort[],
  supply: PortSupply,
): ExpandedMappings => {
  /** The first mapping of each socket. `firsts` has the intent of each at the same index. */
  const mappings: DesiredMapping[] = []
  const firsts: MappingIntent[] = []
  const placeAt = socketTable<number>()
  const foreign = socketTable<PublishedPort>()
  for (const port of others) foreign.set(port, port)
  const conflicts: Conflict[] = []
  const notes: IntentNote[] = []

  // These maps are built once: a search for each mapping would take quadratic time.
  const networkByName = firstByKey(networks, ({ name }) => name)
  const bindingByName = new Map(intent.networks.map(({ name, hostBinding }) => [name, hostBinding]))
  const endpointByKey = firstByKey(endpoints, endpointKey)

  for (const wanted of intent.mappings) {
    const network = networkByName.get(wanted.network)
    const endpoint = endpointByKey.get(endpointKey(wanted))
    if (network === undefined || endpoint === undefined) {
      throw new IntentError(
        `a port of ${wanted.service} is published on network ${wanted.network}, but ${wanted.service} is not on it`,
        wanted.place,
      )
    }
    const binding = bindingByName.get(network.name) ?? null
    for (const single of singlePorts(intent.project, wanted, network, binding, endpoint, supply, notes)) {
      if (single.family === 'ip6' && single.hostAddress === '::1') {
        conflicts.push(loopbackUnreachable(intent.project, single))
        continue
      }
      const other = foreign.get(single)
      const at = placeAt.get(single) ?? mappings.length
      const holder = mappings[at]
      const first = firsts[at]
      if (other !== undefined) {
        const places = { loser: wanted.place }
        conflicts.push(
          duplicateHostPort(intent.project, single, other, socketLabel(single), 'another-project', places),
        )
      } else if (holder === undefined || first === undefined) {
        placeAt.set(single, at)
        mappings.push(single)
        firsts.push(wanted)
      } else if (first.weight !== null && wanted.weight !== null && sameSources(holder, single)) {
        mappings[at] = joinTargets(holder, single)
      } else if (!sameTarget(holder, single)) {
        const winner = { project: intent.project, label: holder.label }
        const how = hasSameTarget(holder, single) ? 'same-target' : 'another-target'
        const places = { loser: wanted.place, winner: first.place }
        conflicts.push(duplicateHostPort(intent.project, single, winner, socketLabel(single), how, places))
      }
    }
  }

  for (const [at, mapping] of mappings.entries()) mappings[at] = resetLoneWeight(mapping)
  return { mappings, conflicts: [...conflicts, ...findOverlaps(intent.project, mappings, others)], notes }
}

const endpointKey = ({
  service,
  replica,
  network,
}: Pick<DesiredEndpoint, 'service' | 'replica' | 'network'>): string =>
  // A name may hold any character, so its length says where it ends.
  `${replica} ${service.length} ${service} ${network}`

/** Maps each key to the first item that has it. */
const firstByKey = <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, Item> => {
  const first = new Map<string, Item>()
  for (const item of items.toReversed()) first.set(keyOf(item), item)
  return first
}

/** Is it one mapping, written twice? It is not if the two allow different sources. */
const sameTarget = (a: DesiredMapping, b: DesiredMapping): boolean => sameSources(a, b) && hasSameTarget(a, b)

const hasSameTarget = (a: DesiredMapping, b: DesiredMapping): boolean =>
  a.targets.length === 1 &&
  a.targets[0].address === b.targets[0].address &&
  a.targets[0].port === b.targets[0].port

const sameSources = (a: DesiredMapping, b: DesiredMapping): boolean =>
  JSON.stringify(a.allowFrom && [...a.allowFrom].sort()) ===
  JSON.stringify(b.allowFrom && [...b.allowFrom].sort())

/** Sets the weight of a single target to 1: a weight means nothing if no other mapping shares the socket. */
const resetLoneWeight = (mapping: DesiredMapping): DesiredMapping => {
  const [only, ...more] = mapping.targets
  return more.length > 0 || only.weight === 1 ? mapping : { ...mapping, targets: [{ ...only, weight: 1 }] }
}

const joinTargets = (mapping: DesiredMapping, more: DesiredMapping): DesiredMapping => {
  const targets = [...mapping.targets, ...more.targets] as const
  return { ...mapping, targets, label: mappingLabel(mapping, targets) }
}

/** The single ports of one mapping, IPv4 before IPv6, each family in port order. */
const singlePorts = (
  project: string,
  wanted: MappingIntent,
  network: DesiredNetwork,
  binding: string | null,
  endpoint: DesiredEndpoint,
  supply: PortSupply,
  notes: IntentNote[],
): readonly DesiredMapping[] => {
  const chosen = familiesOf(wanted, binding, network, endpoint, notes)
  const natFamilies = chosen.filter((family) => subnetOf(network, family)?.mode !== 'routed')
  const containerCount = wanted.containerPorts.last - wanted.containerPorts.first + 1
  const hostCount =
    wanted.hostPorts === null ? containerCount : wanted.hostPorts.last - wanted.hostPorts.first + 1
  const step = containerCount === 1 ? 0 : 1
  const mappings: DesiredMapping[] = []

  for (const family of chosen) {
    const target = (port: number): DesiredTarget => ({
      service: endpoint.service,
      replica: endpoint.replica,
      network: network.name,
      address: (family === 'ip' ? endpoint.ip : endpoint.ip6) ?? '',
      port,
      weight: wanted.weight ?? 1,
    })
    const { protocol } = wanted
    const allowFrom =
      wanted.allowFrom?.filter((prefix) => familyOf(prefix.split('/')[0] ?? '') === family) ?? null
    const common = { family, protocol, interface: wanted.interface, allowFrom } as const

    if (!natFamilies.includes(family)) {
      noteIgnored(wanted, network, family, notes)
      for (let index = 0; index < containerCount; index += 1) {
        const port = wanted.containerPorts.first + index
        const targets = [target(port)] as const
        const socket = { ...common, hostAddress: targets[0].address, hostPort: port }
        const label = mappingLabel(socket, targets)
        mappings.push({ ...common, kind: 'direct', hostAddress: null, hostPort: port, targets, label })
      }
      continue
    }
    const hostAddress = hostAddressFor(wanted, binding)
    for (let index = 0; index < hostCount; index += 1) {
      const port = wanted.containerPorts.first + index * step
      const hostPort =
        wanted.hostPorts === null
          ? supply.take(wanted.protocol, portHolder(project, wanted, port))
          : wanted.hostPorts.first + index
      const targets = [target(port)] as const
      // Each field is written out: copying the objects of thousands of ports takes longer than everything else here.
      mappings.push({
        family,
        protocol,
        interface: wanted.interface,
        allowFrom,
        kind: 'nat',
        hostAddress,
        hostPort,
        targets,
        label: mappingLabel(
          { family, protocol, hostAddress, hostPort, interface: wanted.interface },
          targets,
        ),
      })
    }
  }
  return mappings
}

const subnetOf = (network: DesiredNetwork, family: Family) => (family === 'ip' ? network.ip : network.ip6)

const hostAddressFor = ({ hostAddress }: MappingIntent, binding: string | null): string | null => {
  const address = hostAddress ?? binding
  return address === '0.0.0.0' || address === '::' ? null : address
}

/**
 * The families of a mapping: those that its host address allows and its endpoint has. `host_binding_ipv4` of a network
 * leaves IPv6 closed: a file that binds to 127.0.0.1 does not mean every IPv6 address of the host.
 * @see moby, daemon/libnetwork/drivers/bridge/port_mapping_linux.go `configurePortBindingIPv6`
 */
const familiesOf = (
  { hostAddress, service, place }: MappingIntent,
  binding: string | null,
  network: DesiredNetwork,
  endpoint: DesiredEndpoint,
  notes: IntentNote[],
): readonly Family[] => {
  const has = (family: Family): boolean => (family === 'ip' ? endpoint.ip : endpoint.ip6) !== null
  if (hostAddress === null) {
    const wanted = binding === null || binding === '0.0.0.0' ? null : familyOf(binding)
    const chosen = families.filter((family) => has(family) && (wanted ?? family) === family)
    if (chosen.length === 0) {
      const why = wanted === null || binding === null ? 'has no address' : `binds ports to ${binding} only`
      notes.push({
        text: `A port of ${service}: network ${network.name} ${why}, so nothing is published.`,
        place,
      })
    }
    return chosen
  }
  const family = familyOf(hostAddress)
  if (family === null) throw new IntentError(`${hostAddress} is not an address`, place)
  // A conflict of its own refuses ::1, whatever families the network has.
  if (has(family) || hostAddress === '::1') return [family]
  if (hostAddress === '::' || hostAddress === '0.0.0.0') {
    const missing = family === 'ip6' ? 'IPv6' : 'IPv4'
    notes.push({
      text: `A port of ${service} is bound to ${hostAddress}, but network ${network.name} has no ${missing}: nothing is published there.`,
      place,
    })
    return []
  }
  throw new IntentError(
    `a port of ${service} is bound to ${hostAddress}, but network ${network.name} has no ${family === 'ip6' ? 'IPv6: set enable_ipv6: true on it, or bind the port to an IPv4 address' : 'IPv4: bind the port to an IPv6 address'}`,
    place,
  )
}

const noteIgnored = (
  wanted: MappingIntent,
  network: DesiredNetwork,
  family: Family,
  notes: IntentNote[],
): void => {
  const version = family === 'ip' ? 'IPv4' : 'IPv6'
  if (wanted.hostPorts !== null) {
    const { first, last } = wanted.hostPorts
    const text = first === last ? `Host port ${first}` : `Host ports ${first} to ${last}`
    notes.push({
      text: `${text} of ${wanted.service}: ignored for ${version}, network ${network.name} is routed and translates nothing; its container port is opened instead.`,
      place: wanted.place,
    })
  } else if (wanted.hostAddress !== null && wanted.hostAddress !== '0.0.0.0' && wanted.hostAddress !== '::') {
    notes.push({
      text: `Host address ${wanted.hostAddress} of ${wanted.service}: ignored, network ${network.name} is routed and translates nothing.`,
      place: wanted.place,
    })
  }
}
