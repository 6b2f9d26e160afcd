import type { SourcePosition } from '@portolan/netfilter'
import type { EndpointIntent } from '../endpoint-intent.ts'
import type { ExposedPorts, LinkIntent } from '../intent.ts'
import type { ReachableIntent } from '../reachable.ts'
import { type Attachment, type FindNetwork, readAttachments } from './attachments.ts'
import { readLinks } from './links.ts'
import { checkName } from './names.ts'
import { checkModeCycles, readNetworkMode } from './network-mode.ts'
import { whyNoReach } from './parented-options.ts'
import { type PublishedPort, readExpose, readPorts } from './ports.ts'
import { type Named, readServiceReachable } from './reachable-from.ts'
import { type Reading, readValue, type Value } from './reading.ts'
import { readReplicas } from './replicas.ts'
import { asList, asMap, entriesOf, getGiven, type MapTree, refuse } from './tree.ts'
import { noteUnknownKeys } from './unknown-keys.ts'

/** The networking part of one service. */
export interface ReadService {
  readonly name: string
  readonly place: SourcePosition
  readonly replicas: number
  /** Empty if `network_mode` takes the service off the project's networks. */
  readonly attachments: readonly Attachment[]
  readonly ports: readonly PublishedPort[]
  readonly links: readonly LinkIntent[]
  /** The ports that `expose` names. */
  readonly expose: readonly ExposedPorts[]
  readonly reachableFrom: readonly ReachableIntent[]
}

/** Reads the services of the enabled profiles, in the order of the file. */
export const readServices = (
  reading: Reading,
  root: MapTree,
  profiles: readonly string[],
  find: FindNetwork,
  named: Named,
): readonly ReadService[] => {
  const enabled = entriesOf(asMap(getGiven(root, 'services', 'the file'), 'services')).flatMap(
    ([name, entry]) => {
      checkName(name, entry.keyPlace, 'service')
      const body =
        asMap(entry.value, `services.${name}`) ??
        refuse(entry.keyPlace, `services.${name}: expected a mapping, found nothing`)
      const path = `services.${name}.profiles`
      const wanted = asList(getGiven(body, 'profiles', `services.${name}`), path).map((tree, index) =>
        readValue(reading, tree, `${path}[${index}]`),
      )
      const on =
        wanted.length === 0 || profiles.includes('*') || wanted.some(({ text }) => profiles.includes(text))
      return on ? [{ name, place: entry.keyPlace, body }] : []
    },
  )
  const names = enabled.map(({ name }) => name)
  const known = new Set(names)
  const counted = countEndpoints()
  const modes = new Map<string, Value>()
  const services = enabled.map(({ name, place, body }) => {
    const what = `services.${name}`
    noteUnknownKeys(reading, body, 'service', what)
    const replicas = readReplicas(reading, body, what)
    const mode = readNetworkMode(reading, body, name, names)
    if (mode !== null) modes.set(name, mode)
    const attachments = mode === null ? readAttachments(reading, body, name, place, find) : []
    const reachableFrom = readServiceReachable(reading, body, name, named)
    if (reachableFrom.length > 0) noteNoReach(reading, what, place, attachments)
    if (replicas > 1) checkNothingUnique(attachments, replicas, what)
    return counted({
      name,
      place,
      replicas,
      attachments,
      links: readLinks(reading, body, name, known),
      expose: readExpose(reading, body, `${what}.expose`),
      reachableFrom,
      // A note already names the ports that a mode leaves unpublished. Their entries are still read, to find mistakes.
      ports: portsOf(mode, readPorts(reading, body, `${what}.ports`)),
    })
  })
  checkModeCycles(modes)
  return services
}

const noteNoReach = (
  reading: Reading,
  what: string,
  place: SourcePosition,
  attachments: readonly Attachment[],
): void => {
  for (const { network } of attachments)
    if (network.build.kind === 'parented')
      reading.note(
        `${what}.x-portolan.reachable_from has no effect on network ${network.intent.name}: ${whyNoReach(network.build)}`,
        place,
      )
}

const portsOf = (mode: Value | null, ports: readonly PublishedPort[]): readonly PublishedPort[] =>
  mode === null ? ports : []

const checkNothingUnique = (attachments: readonly Attachment[], replicas: number, what: string): void => {
  for (const { network, ip, ip6, mac, place } of attachments) {
    const unique = ip ?? ip6 ?? mac
    if (unique !== null)
      refuse(
        place,
        `${what}: ${replicas} replicas cannot all be ${unique} on networks.${network.intent.name}: leave the address to Portolan, or run one`,
      )
  }
}

/** The most endpoints, and the most mappings, of a project: as many as a /16 has addresses. */
export const most = 65_536

/**
 * Refuses more replicas or ports than a host has use for. The error names the service that exceeds the bound. It comes
 * before the endpoints are made, and before the ports of the next service are read.
 */
const countEndpoints = (): ((service: ReadService) => ReadService) => {
  let endpoints = 0
  let mappings = 0
  return (service) => {
    const { name, place, replicas, attachments, ports } = service
    endpoints += replicas * attachments.length
    mappings += replicas * ports.length
    const many = endpoints > most ? 'replicas on networks' : mappings > most ? 'ports of replicas' : null
    if (many !== null)
      refuse(place, `services.${name}: with this the project has more than ${most} ${many}: expected fewer`)
    return service
  }
}

/** Makes one endpoint for each replica and network. */
export const endpointsOf = (service: ReadService): readonly EndpointIntent[] =>
  Array.from({ length: service.replicas }, (_, index) => index + 1).flatMap((replica) =>
    service.attachments.map(({ network, ip, ip6, mac, place }) => ({
      service: service.name,
      replica,
      network: network.intent.name,
      ip,
      ip6,
      mac,
      ...(service.reachableFrom.length === 0 ? {} : { reachableFrom: service.reachableFrom }),
      place,
    })),
  )

/** Refuses two endpoints of one network that want the same address. */
export const checkAddressClashes = (endpoints: readonly EndpointIntent[]): void => {
  const taken = new Map<string, string>()
  for (const { service, network, ip, ip6, mac, place } of endpoints)
    for (const address of [ip, ip6, mac]) {
      if (address === null) continue
      const other = taken.get(`${network} ${address}`)
      if (other !== undefined && place !== null)
        refuse(
          place,
          `services.${service} and services.${other} both ask for ${address} on networks.${network}: expected an address of its own for each`,
        )
      taken.set(`${network} ${address}`, service)
    }
}
