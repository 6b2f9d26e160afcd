import { type Family, families, familyOf, type HostFacts } from '@portolan/netfilter'
import type { DesiredEndpoint } from '../contract/desired-endpoint.ts'
import type { DesiredNetwork, DesiredOpening, OpeningSource, OpenPort } from '../contract/desired-state.ts'
import { subnetOf } from '../contract/home.ts'
import { replicaName } from '../contract/mapping-label.ts'
import type {
  ExposedPorts,
  Intent,
  IntentNote,
  LinkIntent,
  ReachableIntent,
  ReachableSource,
} from '../intent/index.ts'
import { checkOpeningSource, opensNothing } from './check-opening-source.ts'

/** @public @since 0.1.0 */
export interface ExpandedOpenings {
  readonly openings: readonly DesiredOpening[]
  readonly notes: readonly IntentNote[]
}

/** The target of an opening: one container, or a whole network. */
interface Place {
  readonly network: DesiredNetwork
  readonly endpoint: DesiredEndpoint | null
}

/** An entry of `reachable_from`, with its owner (`db`, `network front`) and the places that it opens. */
interface Named extends ReachableIntent {
  readonly name: string
  readonly places: readonly Place[]
}

/** The networks and endpoints of a project, with their addresses. */
interface Known {
  readonly networks: ReadonlyMap<string, DesiredNetwork>
  readonly endpoints: readonly DesiredEndpoint[]
  readonly byService: ReadonlyMap<string, readonly DesiredEndpoint[]>
}

/** An endpoint of a service on a network, from an intent or with addresses. */
type Attachment = Pick<DesiredEndpoint, 'service' | 'replica' | 'network'>

const byService = <Item extends Attachment>(items: readonly Item[]): ReadonlyMap<string, readonly Item[]> => {
  const lists = new Map<string, Item[]>()
  for (const item of items) {
    const list = lists.get(item.service)
    if (list === undefined) lists.set(item.service, [item])
    else list.push(item)
  }
  return lists
}

/**
 * Turns `links` and `reachable_from` of an intent into openings of single containers and families.
 *
 * @param networks - the networks of the intent, with their subnets
 * @param endpoints - the endpoints of the intent, with their addresses
 * @throws IntentError for a source that is always wrong: a bridge of ours, the loopback interface
 * @example
 * expandOpenings(intent, desired.networks, desired.endpoints, {}).openings // [{ label: 'db of back from wg0', ... }]
 * @public @since 0.1.0
 */
export const expandOpenings = (
  intent: Pick<Intent, 'networks' | 'endpoints' | 'links'>,
  networks: readonly DesiredNetwork[],
  endpoints: readonly DesiredEndpoint[],
  facts: HostFacts,
): ExpandedOpenings => {
  const known: Known = {
    networks: new Map(networks.map((network) => [network.name, network])),
    endpoints,
    byService: byService(endpoints),
  }
  const intended = byService(intent.endpoints)
  const notes: IntentNote[] = []
  const found = [
    ...(intent.links ?? []).flatMap((link) => {
      noteApart(link, intended, notes)
      return ofLink(link, known, notes)
    }),
    ...namedIn(intent, known).flatMap((one) => ofReachable(one, facts, known, notes)),
  ]
  const unique = new Map(found.map((opening) => [keyOf(opening), opening]))
  return { openings: [...unique.values()], notes }
}

/** Each entry of `reachable_from` once, with all places that it opens. */
const namedIn = ({ networks, endpoints }: Pick<Intent, 'networks' | 'endpoints'>, known: Known) => {
  const found = new Map<string, Named & { readonly places: Place[] }>()
  const add = (name: string, one: ReachableIntent, place: Place): void => {
    const key = JSON.stringify([name, one.from])
    const places = found.get(key)?.places ?? []
    places.push(place)
    found.set(key, { ...one, name, places })
  }
  for (const { name, reachableFrom = [] } of networks) {
    const network = known.networks.get(name)
    if (network !== undefined)
      for (const one of reachableFrom) add(`network ${name}`, one, { network, endpoint: null })
  }
  const reachable = endpoints.filter(({ reachableFrom = [] }) => reachableFrom.length > 0)
  const addressed = new Map(
    reachable.length === 0 ? [] : known.endpoints.map((endpoint) => [attachmentKey(endpoint), endpoint]),
  )
  for (const one of reachable) {
    const network = known.networks.get(one.network)
    const endpoint = addressed.get(attachmentKey(one))
    if (network !== undefined && endpoint !== undefined)
      for (const entry of one.reachableFrom ?? []) add(one.service, entry, { network, endpoint })
  }
  return [...found.values()]
}

const attachmentKey = ({ service, replica, network }: Attachment): string =>
  JSON.stringify([service, replica, network])

/** A key without the label. Of two entries that open the same, the later one gives the label. */
const keyOf = ({ label: _, ...rest }: DesiredOpening): string => JSON.stringify(rest)

const addressOf = (endpoint: DesiredEndpoint, family: Family): string | null =>
  family === 'ip' ? endpoint.ip : endpoint.ip6

const ofService = (known: Known, service: string): readonly DesiredEndpoint[] =>
  known.byService.get(service) ?? []

const unrolled = (exposed: readonly ExposedPorts[]): readonly OpenPort[] => {
  const ports = exposed.flatMap(({ protocol, ports: { first, last } }) =>
    Array.from({ length: last - first + 1 }, (_, index): OpenPort => ({ protocol, port: first + index })),
  )
  return [...new Map(ports.map((one) => [`${one.protocol} ${one.port}`, one])).values()].toSorted(
    (a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1),
  )
}

/** Notes a link that opens nothing: as in Docker, a link needs a network that both services share. */
const noteApart = (
  { service, to, place }: LinkIntent,
  endpoints: ReadonlyMap<string, readonly Attachment[]>,
  notes: IntentNote[],
): void => {
  const networksOf = (name: string): ReadonlySet<string> =>
    new Set((endpoints.get(name) ?? []).map(({ network }) => network))
  const [own, others] = [networksOf(service), networksOf(to)]
  if (own.size === 0 || others.size === 0 || [...own].some((name) => others.has(name))) return
  notes.push({
    text: `services.${service}: the link to ${to} opens nothing, since they share no network (${[...own].join(', ')} and ${[...others].join(', ')}). Put both on one, or name ${service} under \`reachable_from\` of ${to}.`,
    place,
  })
}

/** The openings of a link. Where `icc` is on, a link opens nothing, because all is open. */
const ofLink = (
  { service, to, exposed = [], place }: LinkIntent,
  known: Known,
  notes: IntentNote[],
): readonly DesiredOpening[] => {
  const ports = unrolled(exposed)
  const pairs = ofService(known, service).flatMap((source) =>
    ofService(known, to).flatMap((target) => {
      const network = known.networks.get(target.network)
      const isApart = source.network === target.network && network?.icc === false
      return isApart && source.service !== target.service ? [{ source, target }] : []
    }),
  )
  if (pairs.length > 0 && ports.length === 0) {
    notes.push({
      text: `services.${service}: the link to ${to} opens nothing, since ${to} exposes no port and icc is off on network ${pairs[0]?.target.network}. Name its ports under \`expose\`; those of an image are not read.`,
      place,
    })
    return []
  }
  return pairs.flatMap(({ source, target }) =>
    families.flatMap((family): readonly DesiredOpening[] => {
      const [from, address] = [addressOf(source, family), addressOf(target, family)]
      if (from === null || address === null) return []
      return [
        {
          label: `${replicaName(target)} from ${replicaName(source)} on ${target.network}, linked`,
          family,
          network: target.network,
          address,
          from: { kind: 'container', network: source.network, address: from },
          ports,
        },
      ]
    }),
  )
}

const sourcesOf = (from: ReachableSource, family: Family, known: Known): readonly OpeningSource[] => {
  const containers = (endpoints: readonly DesiredEndpoint[]): readonly OpeningSource[] =>
    endpoints.flatMap((endpoint): readonly OpeningSource[] => {
      const address = addressOf(endpoint, family)
      return address === null ? [] : [{ kind: 'container', network: endpoint.network, address }]
    })
  switch (from.kind) {
    case 'interface':
      return [from]
    case 'prefix':
      return familyOf(from.prefix.split('/')[0] ?? '') === family ? [from] : []
    case 'service':
      return containers(ofService(known, from.service))
    case 'network': {
      const network = known.networks.get(from.network)
      if (network === undefined || subnetOf(network, family) === null) return []
      // On a foreign network the containers of this project are named one by one.
      return network.external
        ? containers(known.endpoints.filter((endpoint) => endpoint.network === network.name))
        : [from]
    }
  }
}

const nameOf = (from: ReachableSource): string => {
  if (from.kind === 'service') return from.service
  if (from.kind === 'network') return `network ${from.network}`
  return from.kind === 'interface' ? from.name : from.prefix
}

const isMachine = ({ kind }: { readonly kind: string }): boolean => kind === 'interface' || kind === 'prefix'

/**
 * Is the place open to the source without any opening? A container reaches itself, and its siblings where `icc` is on.
 * Other machines reach a network of mode `nat-unprotected`.
 */
const isOpenAnyway = ({ network, endpoint }: Place, family: Family, from: OpeningSource): boolean => {
  if (isMachine(from)) return subnetOf(network, family)?.mode === 'nat-unprotected'
  const isInside = 'network' in from && from.network === network.name
  const isItself =
    from.kind === 'container' && endpoint !== null && from.address === addressOf(endpoint, family)
  return isItself || (isInside && network.icc)
}

const whyNot = ({ network }: Place, family: Family, from: OpeningSource, known: Known): string | null => {
  const isInside = 'network' in from && from.network === network.name
  if (isInside) return null
  if (subnetOf(network, family)?.gateway === null)
    return `network ${network.name} has no gateway, and nothing is forwarded to it`
  if (isMachine(from))
    return network.internal ? `network ${network.name} is internal, and no machine reaches it` : null
  const home = 'network' in from ? known.networks.get(from.network) : undefined
  return home !== undefined && subnetOf(home, family)?.gateway === null
    ? `network ${home.name} has no gateway, and nothing is forwarded from it`
    : null
}

const ofReachable = (
  wanted: Named,
  facts: HostFacts,
  known: Known,
  notes: IntentNote[],
): readonly DesiredOpening[] => {
  const { name, from, place, places } = wanted
  notes.push(...checkOpeningSource(wanted, known.networks, facts))
  const reasons = new Set<string>()
  const opened = places.filter(({ network }) => !opensNothing(from, network, facts))
  const openings = opened.flatMap((one) =>
    families.flatMap((family): readonly DesiredOpening[] => {
      const address = one.endpoint === null ? null : addressOf(one.endpoint, family)
      if (subnetOf(one.network, family) === null || (one.endpoint !== null && address === null)) return []
      return sourcesOf(from, family, known).flatMap((source): readonly DesiredOpening[] => {
        if (isOpenAnyway(one, family, source)) return []
        const reason = whyNot(one, family, source, known)
        if (reason !== null) reasons.add(reason)
        if (reason !== null) return []
        const target = one.endpoint === null ? 'all' : replicaName(one.endpoint)
        return [
          {
            label: `${target} of ${one.network.name} from ${nameOf(from)}`,
            family,
            network: one.network.name,
            address,
            from: source,
            ports: null,
          },
        ]
      })
    }),
  )
  for (const reason of reasons)
    notes.push({ text: `reachable_from of ${name}: ${nameOf(from)} is not let in there: ${reason}.`, place })
  return openings
}
