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
import { overlaps } from '../block/within-blocks.ts'
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
 * The desired state of a project on a host in a cluster, with notes and conflicts.
 * @public @since 0.1.0
 */
export interface Neighboured {
  readonly desired: DesiredState
  /** Sentences about blocks that no route leads to, and how to change that. */
  readonly notes: readonly string[]
  readonly conflicts: readonly Conflict[]
}

/**
 * Adds the other hosts of a cluster to a desired state. It adds routes to their blocks. Networks in a block of this
 * host also get openings, so that containers of all hosts reach each other on their own addresses. Three kinds of
 * networks get none: an internal or isolated one; one with `icc` off, because its own containers do not reach each
 * other either; and one outside the blocks of this host, because no other host has a route to it.
 *
 * @param wording - how remedies name what the user may change; by default as the command does
 * @param written - writes a command about the cluster, for the host on which it is to be run; by default unchanged
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
    // Without `routes`, a plan changes no route.
    ...(routes === null ? {} : { routes }),
  }
}

/**
 * Makes the parts of a desired state anew that depend on the present host. A foreign route, or an interface that was
 * down, may have kept a route from being made before. A bridge that had an interface as its port may have kept
 * `reachable_from` from opening to that interface.
 *
 * @param intent - the intent that the desired state was made of
 * @param neighbours - the neighbours that it was made with; null: none
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
 * Adds to the networks of a host, as their bridges describe them, the form that each has beside the other hosts of its
 * cluster.
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

/**
 * The blocks of this host, disputed ones included. If a store that has lost data gives such a block to another host,
 * the containers of this host are still in it.
 */
const placesOf = ({ blocks, disputed = [] }: ClusterNeighbours): readonly Prefix[] =>
  [...blocks, ...disputed].map((block) => parsePrefix(block))

/**
 * The blocks of other hosts that this host needs. In a family without a block of its own, this host has no container
 * that they could answer.
 */
const reachable = (neighbours: ClusterNeighbours): readonly NeighbourBlock[] => {
  const { others, disputed = [] } = neighbours
  const own = new Set(placesOf(neighbours).map(({ family }) => family))
  const isDisputed = overlaps(disputed)
  return others.filter(({ block }) => own.has(parsePrefix(block).family) && !isDisputed(block))
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
    // On an external network our rules open nothing. The rules of its owner say which source its containers have.
    if (subnet.mode !== 'nat-unprotected' && !network.external)
      openings.push(...blocks.map((block) => opening(network, family, block)))
    if (subnet.masquerade)
      joined = { ...joined, [family]: { ...subnet, unmasqueraded: blocks.map(({ block }) => block) } }
  }
  return { network: joined, openings }
}

/** May containers of this network reach those of other hosts on their own addresses? */
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
 * Removes those managed routes from facts that lead to no block of another host any more. The plan deletes them, so no
 * subnet has to avoid them.
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
