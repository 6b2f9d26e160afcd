import {
  containsPrefix,
  families,
  type HostFacts,
  type Prefix,
  parsePrefix,
  shellLine,
  type Wording,
} from '@portolan/netfilter'
import type { ClusterNeighbours, NeighbourBlock } from '../block/neighbours.ts'
import { isAmong } from '../block/within-blocks.ts'
import type { Conflict } from '../conflict/conflict.ts'
import { findRouteConflicts } from '../conflict/find-route-conflicts.ts'
import type { OwnedNetwork } from '../contract/bridge-network.ts'
import type {
  DesiredNetwork,
  DesiredOpening,
  DesiredRoute,
  DesiredState,
  DesiredSubnet,
} from '../contract/desired-state.ts'
import type { Intent } from '../intent/index.ts'
import { expandOpenings } from '../resolve/expand-openings.ts'
import { type ChosenRoutes, chooseRoutes } from './choose-routes.ts'
import { isOwnRoute } from './rival-routes.ts'
import { elsewhereNote, heldNote, routesElsewhere, routesHeld } from './routes-elsewhere.ts'
import { withoutLeavingRoutes } from './without-leaving-routes.ts'

/**
 * What a project wants of a host that is in a cluster.
 * @public @since 0.1.0
 */
export interface Neighboured {
  readonly desired: DesiredState
  /** Which blocks no route leads to, and what to do about it: sentences. */
  readonly notes: readonly string[]
  readonly conflicts: readonly Conflict[]
}

/**
 * A desired state with the other hosts of a cluster: routes to their blocks, and, for networks that are in a block of
 * this host, containers that reach each other on their own addresses. An internal or isolated network has no part in it,
 * nor has one with `icc` off, whose containers do not even reach each other. Nor has a network outside the blocks of this
 * host: no other host has a route to it.
 *
 * @param wording - how remedies name what the user may change; as the command does unless told
 * @param written - how a command about the cluster is written, on whichever host it is to be run; as it is unless told
 * @example
 * withNeighbours(desired, facts, neighbours).desired.routes
 * // [{ destination: '10.66.31.0/24', via: '192.0.2.12', interface: 'eth0' }]
 * @public @since 0.1.0
 */
export const withNeighbours = (
  desired: DesiredState,
  facts: HostFacts,
  neighbours: ClusterNeighbours,
  wording?: Wording,
  written: (command: string) => string = (command) => command,
): Neighboured => {
  const holder = routesHeld(facts, neighbours)
  if (holder !== null)
    return {
      desired: joinedState(desired, neighbours, null),
      notes: [heldNote(holder, neighbours)],
      conflicts: [],
    }
  const chosen = chooseRoutes(reachable(neighbours), facts)
  const elsewhere = routesElsewhere(facts, neighbours)
  return {
    desired: joinedState(desired, neighbours, [...chosen.routes, ...elsewhere]),
    notes: [...elsewhereNote(elsewhere, neighbours), ...notesOf(chosen, written)],
    conflicts: findRouteConflicts(chosen, facts, desired.project, wording),
  }
}

const joinedState = (
  desired: DesiredState,
  neighbours: ClusterNeighbours,
  routes: readonly DesiredRoute[] | null,
): DesiredState => {
  const joined = desired.networks.map((network) => joinedNetwork(network, neighbours))
  const all = [...(desired.openings ?? []), ...joined.flatMap(({ openings }) => openings)]
  return {
    ...desired,
    networks: joined.map(({ network }) => network),
    ...(all.length === 0 ? {} : { openings: all }),
    // Of routes that are not said none is changed.
    ...(routes === null ? {} : { routes }),
  }
}

/**
 * A desired state with what the host as it is now leaves room for. When it was made, a route of another program or an
 * interface that was down may have been in the way of a route, and a bridge that had an interface in the way of what
 * `reachable_from` opens to it.
 *
 * @param intent - that it was made of
 * @param neighbours - that it was made with; null: with none
 * @throws IntentError as `expandOpenings` does
 * @example
 * chosenAnew(intent, desired, facts, null).routes // undefined
 */
export const chosenAnew = (
  intent: Pick<Intent, 'networks' | 'endpoints' | 'links'>,
  desired: DesiredState,
  facts: HostFacts,
  neighbours: ClusterNeighbours | null,
): DesiredState => {
  const { openings: _before, ...others } = desired
  const { openings } = expandOpenings(intent, desired.networks, desired.endpoints, facts)
  const alone = openings.length === 0 ? others : { ...others, openings }
  if (neighbours === null) return alone
  const { routes: _routes, ...unrouted } = alone
  if (routesHeld(facts, neighbours) !== null) return joinedState(unrouted, neighbours, null)
  const known = withoutLeavingRoutes(desired, facts)
  const { routes } = chooseRoutes(reachable(neighbours), known)
  return joinedState(unrouted, neighbours, [...routes, ...routesElsewhere(facts, neighbours)])
}

/**
 * The networks of a host, as their bridges tell, with what other hosts of its cluster mean for each.
 *
 * @param neighbours - null: none are known
 * @example
 * amongNeighbours([], neighbours) // []
 */
export const amongNeighbours = (
  networks: readonly OwnedNetwork[],
  neighbours: ClusterNeighbours | null,
): readonly OwnedNetwork[] =>
  neighbours === null
    ? networks
    : networks.map((owned) => ({ ...owned, among: joinedNetwork(owned.network, neighbours) }))

/** While a store that has lost data says otherwise of blocks of this host, its containers are there as before. */
const placesOf = ({ blocks, disputed = [] }: ClusterNeighbours): readonly Prefix[] =>
  [...blocks, ...disputed].map((block) => parsePrefix(block))

/** A host without a block of a family has no container that others could answer there. */
const reachable = (neighbours: ClusterNeighbours): readonly NeighbourBlock[] => {
  const { others, disputed = [] } = neighbours
  const own = new Set(placesOf(neighbours).map(({ family }) => family))
  return others.filter(({ block }) => own.has(parsePrefix(block).family) && !isAmong(block, disputed))
}

const joinedNetwork = (
  network: DesiredNetwork,
  neighbours: ClusterNeighbours,
): { readonly network: DesiredNetwork; readonly openings: readonly DesiredOpening[] } => {
  const own = placesOf(neighbours)
  const others = reachable(neighbours)
  const isInBlock = (subnet: DesiredSubnet): boolean => {
    const prefix = parsePrefix(subnet.subnet)
    return own.some((block) => containsPrefix(block, prefix))
  }
  const openings: DesiredOpening[] = []
  let joined = network
  for (const family of families) {
    const subnet = network[family]
    const blocks = others.filter(({ block }) => parsePrefix(block).family === family)
    if (subnet === null || blocks.length === 0 || !isInBlock(subnet)) continue
    if (!isOpen({ ...network, external: false }, subnet)) continue
    // Rules of ours open nothing there, and its owner's say which source its containers have.
    if (subnet.mode !== 'nat-unprotected' && !network.external)
      openings.push(...blocks.map((block) => opening(network, family, block)))
    if (subnet.masquerade)
      joined = { ...joined, [family]: { ...subnet, unmasqueraded: blocks.map(({ block }) => block) } }
  }
  return { network: joined, openings }
}

/** May containers of the network be on one network with those of other hosts? */
export const isOpen = (
  { external, internal, icc }: DesiredNetwork,
  { gateway, mode }: DesiredSubnet,
): boolean => !external && !internal && icc && gateway !== null && mode !== 'isolated'

const opening = (
  { name }: DesiredNetwork,
  family: DesiredOpening['family'],
  { block, host }: NeighbourBlock,
): DesiredOpening => ({
  label: `all of ${name} from ${block} of host ${host}`,
  family,
  network: name,
  address: null,
  from: { kind: 'prefix', prefix: block },
  ports: null,
})

/**
 * Facts without the routes of ours that lead to no block of another host any more: the plan removes them, so no subnet
 * has to keep clear of them.
 * @example
 * withoutStaleRoutes({ routes: [] }, neighbours).routes // []
 * @public @since 0.1.0
 */
export const withoutStaleRoutes = (
  facts: HostFacts,
  neighbours: Pick<ClusterNeighbours, 'others'> & Partial<ClusterNeighbours>,
): HostFacts => {
  const { routes } = facts
  if (routes === undefined || !routes.some(isOwnRoute) || neighbours.routesOf !== undefined) return facts
  const { others, blocks = [] } = neighbours
  const elsewhere = routesElsewhere(facts, { ...neighbours, blocks }).map(({ destination }) => destination)
  const wanted = new Set([...others.map(({ block }) => block), ...elsewhere])
  return {
    ...facts,
    routes: routes.filter((route) => !isOwnRoute(route) || wanted.has(route.destination ?? '')),
  }
}

const named = (blocks: readonly NeighbourBlock[]): string =>
  blocks.map(({ block, host, via }) => `${block} of ${host}${via === null ? '' : ` (${via})`}`).join(', ')

const notesOf = (
  { unaddressed, distant, doubled }: ChosenRoutes,
  written: (command: string) => string,
): readonly string[] => [
  ...families.flatMap((family) => {
    const blocks = unaddressed.filter(({ block }) => parsePrefix(block).family === family)
    const name = family === 'ip' ? 'IPv4' : 'IPv6'
    return blocks.length === 0
      ? []
      : [
          `No route leads to ${named(blocks)}: the host has told the cluster no ${name} address, and ${name} blocks are reached through one. Give it one on the network of the hosts if it has none there, and run \`${written('portolan cluster join')}\` on it again (with --address to name it).`,
        ]
  }),
  ...(distant.length === 0
    ? []
    : [
        `No route leads to ${named(distant)}: the address is on no network of this host, and a route needs the next host on one layer-2 network. If both share a network, name the address there: \`${written('portolan cluster join --address ADDRESS')}\` on that host. If not, have the routers between them route each block to its host.`,
      ]),
  ...(doubled.length === 0
    ? []
    : [
        `No route leads to ${named(doubled)}: this host has that address itself. Two hosts with one address cannot be told apart: give the right one with \`${written('portolan cluster join --address ADDRESS')}\` on that host; or where it is off for good, or was this host under a name that it gave up, free its blocks: ${[...new Set(doubled.map(({ host }) => host))].map((host) => `\`${written(shellLine(['portolan', 'cluster', 'reclaim', '--member', host]))}\``).join(', ')}.`,
      ]),
]
