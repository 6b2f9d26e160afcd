import type { EngineNetworkFact, RouteFact } from '@portolan/netfilter'
import { formatInterfaceAddress, formatPrefix, type InterfaceAddress, type Prefix } from '@portolan/netfilter'
import type { BridgeOwner } from '../contract/index.ts'
import { engineOfInterface } from '../engine/engine-of-interface.ts'

/**
 * A prefix that must not be handed out, and the source that says so.
 * @public @since 0.1.0
 */
export type Reservation =
  | { readonly kind: 'nameserver'; readonly prefix: Prefix }
  | RouteReservation
  | AddressReservation
  | { readonly kind: 'network'; readonly prefix: Prefix; readonly network: EngineNetworkFact }
  | { readonly kind: 'lease'; readonly prefix: Prefix; readonly owner: BridgeOwner }
  | { readonly kind: 'reserved'; readonly prefix: Prefix; readonly from: string | null }
  | { readonly kind: 'resolver'; readonly prefix: Prefix; readonly service: string }
  | { readonly kind: 'own'; readonly prefix: Prefix; readonly network: string }
  | ClusterReservation

/** @public @since 0.1.0 */
export interface RouteReservation {
  readonly kind: 'route'
  readonly prefix: Prefix
  readonly route: RouteFact
  /** The network of the route's interface, if another engine's file names it. */
  readonly network: EngineNetworkFact | null
}

/** @public @since 0.1.0 */
export interface AddressReservation {
  readonly kind: 'address'
  /** The on-link prefix, host bits clear. */
  readonly prefix: Prefix
  readonly interface: string
  readonly up: boolean
  readonly address: InterfaceAddress
  /** The project and network of the bridge, if it is one of ours. */
  readonly owner: BridgeOwner | null
  /** The network of the interface, if another engine's file names it. */
  readonly network: EngineNetworkFact | null
}

/**
 * Addresses of a cluster that are in no block of this host, or in a block that this host gives back.
 * @public @since 0.1.0
 */
export interface ClusterReservation {
  readonly kind: 'cluster'
  readonly prefix: Prefix
  /** The name of the cluster. */
  readonly cluster: string
  /** The pool that holds the addresses; null: they are a block that this host has or had. */
  readonly pool: string | null
  /** The host that has the block now; null: no host has it, or it is not known. */
  readonly takenBy: string | null
  /** Another machine with this host's name has the block now. */
  readonly isNamesake?: boolean
  /** This host still has the block, but no pool holds it any more. */
  readonly leaving?: boolean
}

/** @public @since 0.1.0 */
export type ReservationKind = Reservation['kind']

/** Is the reservation a guess? It is another engine's network that is not up, or the resolver of a cloud. */
export const isGuess = (kind: string): boolean => kind === 'network' || kind === 'resolver'

/** RT_TABLE_* of include/uapi/linux/rtnetlink.h. */
const tableNames: ReadonlyMap<number, string> = new Map([
  [253, 'default'],
  [254, 'main'],
  [255, 'local'],
])

const describeNetwork = ({ engine, name }: EngineNetworkFact): string =>
  `${engine ?? 'another engine'}'s network${name === undefined ? '' : ` ${name}`}`

const definedIn = ({ file }: EngineNetworkFact): string => (file === undefined ? '' : `, defined in ${file}`)

/** Names the engine of an interface, by its file or else by the name of the interface. */
const describeOwner = (device: string | null | undefined, network: EngineNetworkFact | null): string => {
  if (network !== null) return `, ${describeNetwork(network)}${definedIn(network)}`
  const engine = engineOfInterface(device ?? '')
  return engine === null ? '' : `, ${engine}'s by its name`
}

const describeWay = (gateway: string, device: string): string => {
  if (gateway === '') return device === '' ? '' : ` via ${device}`
  return device === '' ? ` via ${gateway}` : ` via ${gateway} on ${device}`
}

const describeRoute = ({ prefix, route, network }: RouteReservation): string => {
  const { gateway, interface: device, table, type } = route
  const kind = type === undefined || type === 'unicast' ? 'route' : `${type} route`
  const via = describeWay(gateway ?? '', device ?? '')
  const where = table === undefined ? '' : ` in table ${tableNames.get(table) ?? table}`
  return `${kind} ${formatPrefix(prefix)}${via}${where}${describeOwner(device, network)}`
}

const describeAddress = ({ address, interface: device, up, owner, network }: AddressReservation): string => {
  const whose =
    owner === null
      ? describeOwner(device, network)
      : `, the bridge of network ${owner.network} of project ${owner.project}`
  return `address ${formatInterfaceAddress(address)} of ${device}${whose}${up ? '' : ' (down)'}`
}

const describeCluster = ({
  prefix,
  cluster,
  pool,
  takenBy,
  isNamesake,
  leaving,
}: ClusterReservation): string => {
  const text = formatPrefix(prefix)
  if (pool !== null)
    return `${text === pool ? text : `${text} of ${pool}`} is in a pool of cluster ${cluster}, and in no block of this host`
  if (leaving === true)
    return `no pool of cluster ${cluster} has block ${text} any more: it is given back once no network is in it`
  return takenBy === null
    ? `block ${text} of cluster ${cluster} no longer belongs to this host`
    : `block ${text} of cluster ${cluster} is held by ${isNamesake === true ? 'another machine named' : 'host'} ${takenBy} now`
}

/**
 * Describes what reserves a prefix, in words for people.
 *
 * @example
 * describeReservation(reservation) // 'route 10.0.0.0/8 via wg0 in table 51820'
 * @public @since 0.1.0
 */
export const describeReservation = (reservation: Reservation): string => {
  const prefix = formatPrefix(reservation.prefix)
  switch (reservation.kind) {
    case 'nameserver':
      return `nameserver ${prefix.slice(0, prefix.indexOf('/'))}`
    case 'route':
      return describeRoute(reservation)
    case 'address':
      return describeAddress(reservation)
    case 'network':
      return `${describeNetwork(reservation.network)} (${prefix})${definedIn(reservation.network)}`
    case 'lease':
      return `${prefix} is leased to network ${reservation.owner.network} of project ${reservation.owner.project}`
    case 'reserved':
      return `${prefix} is reserved ${reservation.from === null ? 'by the user' : `in ${reservation.from}`}`
    case 'resolver':
      return `${reservation.service} ${prefix.slice(0, prefix.indexOf('/'))}`
    case 'own':
      return `${prefix} is taken by network ${reservation.network} in this plan`
    case 'cluster':
      return describeCluster(reservation)
  }
}
