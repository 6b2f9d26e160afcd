import { commandWording, type PeerFact, type RouteFact, shellWord, type Wording } from '@portolan/netfilter'
import { afterOptions, shellCommand } from '@portolan/netfilter/advice'
import { MAIN, plainMetric, type Rivalry } from '../../route/rival-routes.ts'
import { aboutHost, type Conflict, culpritOutsideRules, type Remedy } from '../conflict.ts'

/**
 * How a route is in the way of a route of Portolan: it has the same destination, a part of it, or leads to an address
 * of this host in it.
 */
export type RouteClash = Rivalry | 'part' | 'address'

const causes: Readonly<Record<RouteClash, string>> = {
  key: 'has that destination too, so that Portolan makes none',
  network: 'has that destination too, so that Portolan makes none',
  lower: 'has that destination too, with a lower metric than that of Portolan',
  shared: 'was added to that of Portolan as a second hop, and the two share the flows',
  tos: 'has that destination too, for packets of one TOS',
  part: 'is more exact, and takes a part of the block elsewhere',
  address: 'leads to this host itself, before any other is asked',
}

/**
 * What a route comes with: the address of an interface. The interface may be a bridge of Portolan, or the address may
 * have a peer. Null: the route was made on its own.
 */
export type RouteOrigin =
  | ({ readonly kind: 'peer' } & Required<PeerFact>)
  | { readonly kind: 'network'; readonly project: string; readonly network: string }
  | { readonly kind: 'interface' }
  | null

/**
 * A route of another program leads packets for another host's block elsewhere. Some or all containers there cannot be
 * reached from this host, and replies to them are lost.
 *
 * @param host - the host that has the block; null: not named
 * @internal
 */
export const blockRouteTaken = (
  block: string,
  host: string | null,
  route: RouteFact,
  clash: RouteClash,
  origin: RouteOrigin,
  wording: Wording = commandWording,
): Conflict => {
  const text = routeText(route)
  return {
    kind: 'BlockRouteTaken',
    severity: 'warning',
    certainty: 'certain',
    ...aboutHost,
    prefix: block,
    message: `Containers in block ${block}${host === null ? ' of another host' : `, which is of host ${host},`} ${isWhole(clash) ? 'cannot' : 'may not'} be reached from this host: the route ${text} ${causes[clash]}.`,
    witness: null,
    culprit: culpritOutsideRules('route', text, route.interface ?? null),
    remedy: remedyFor(route, clash, origin, wording),
    trace: [],
  }
}

/** Whether the route gets all packets to the block. */
const isWhole = (clash: RouteClash): boolean => clash === 'key' || clash === 'network' || clash === 'lower'

const remedyFor = (route: RouteFact, clash: RouteClash, origin: RouteOrigin, wording: Wording): Remedy => {
  if (origin?.kind === 'network') return moveNetwork(origin, wording)
  // The kernel's route to the network of an interface. Without it, the interface is of no use.
  if (origin?.kind === 'interface')
    return {
      text: `It is ${clash === 'address' ? 'an address' : 'the network'} of ${shellWord(route.interface ?? '')}: give that one addresses outside the cluster's pools, or take its range out of the pools of the cluster.`,
      commands: [],
    }
  // The kernel made the route with the address, and makes it again with the address.
  if (origin?.kind === 'peer') {
    const link = shellWord(route.interface ?? '')
    return {
      text: `It comes with address ${origin.address} of ${link}, which has ${origin.peer} as its peer. Delete that address if it is a stray. If it is meant, give it another peer, or take the range out of the pools of the cluster.`,
      commands: [`ip address del ${origin.address} peer ${origin.peer} dev ${link}`],
    }
  }
  return {
    text: 'Delete that route if it is a stray. If it is meant, take its range out of the pools of the cluster.',
    commands: [`ip route del ${routeText(route)}`],
  }
}

/** The remedy if the route belongs to a network of Portolan. */
export const moveNetwork = (
  origin: Extract<RouteOrigin, { readonly kind: 'network' }>,
  { moveOther }: Wording,
): Remedy => ({
  text: `Give the network another subnet${wayOf(moveOther, origin)}. One that a program holds has to be made again.`,
  commands: [],
})

const wayOf = (
  moveOther: Wording['moveOther'],
  { project, network }: { readonly project: string; readonly network: string },
): string => {
  const written = shellCommand(afterOptions(network))
  return moveOther === null || written === null
    ? ''
    : `: ${moveOther.replaceAll('{project}', () => shellWord(project)).replaceAll('{}', () => written)}`
}

/** A route as `ip route del` takes it. */
export const routeText = (route: RouteFact): string => {
  const { destination = 'default', gateway, interface: name, table, type, metric, tos } = route
  return [
    ...(type === undefined || type === 'unicast' ? [] : [type]),
    destination,
    ...(tos === undefined ? [] : ['tos', `0x${tos.toString(16)}`]),
    ...(gateway == null ? [] : ['via', gateway]),
    ...(name == null ? [] : ['dev', shellWord(name)]),
    ...(table === undefined || table === MAIN ? [] : ['table', String(table)]),
    // Without the metric, a command would mean the first route with that destination.
    ...(metric === undefined || metric === plainMetric(destination) ? [] : ['metric', String(metric)]),
  ].join(' ')
}
