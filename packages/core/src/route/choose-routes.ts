import {
  containsAddress,
  type HostFacts,
  type InterfaceFact,
  parseAddress,
  parsePrefix,
  prefixAround,
  type RouteFact,
  samePrefix,
  tryParseHostOrPrefix,
  tryParseInterfaceAddress,
} from '@portolan/netfilter'
import type { NeighbourBlock } from '../block/neighbours.ts'
import { parseBridgeAlias } from '../contract/bridge-alias.ts'
import type { DesiredRoute } from '../contract/desired-state.ts'
import { blockRouteProtocol } from './block-route-protocol.ts'

/** include/uapi/linux/rtnetlink.h: RT_TABLE_MAIN. */
export const MAIN = 254

/** Blocks of other hosts with the routes that lead there, and what keeps the others from having one. */
export interface ChosenRoutes {
  readonly routes: readonly DesiredRoute[]
  /** Their hosts have told no address. */
  readonly unaddressed: readonly NeighbourBlock[]
  /** Their hosts are on no network of this one. */
  readonly distant: readonly NeighbourBlock[]
  /** Their hosts have an address of this one. */
  readonly doubled: readonly NeighbourBlock[]
  /** A route that is not ours has exactly this destination, and leads elsewhere. */
  readonly taken: readonly { readonly block: NeighbourBlock; readonly route: RouteFact }[]
}

/** A route of ours, by its protocol. In other tables we make none. */
export const isOwnRoute = ({ protocol, table = MAIN }: RouteFact): boolean =>
  protocol === blockRouteProtocol.name && table === MAIN

/**
 * The routes of a host to the blocks of the others: for each one by the address of its host, where that is a neighbour on
 * a network of this host. What another program has routed there is left alone.
 */
export const chooseRoutes = (others: readonly NeighbourBlock[], facts: HostFacts): ChosenRoutes => {
  const chosen = {
    routes: [] as DesiredRoute[],
    unaddressed: [] as NeighbourBlock[],
    distant: [] as NeighbourBlock[],
    doubled: [] as NeighbourBlock[],
    taken: [] as ChosenRoutes['taken'][number][],
  }
  for (const block of others) {
    const { via } = block
    const foreign = foreignRoute(block.block, facts)
    if (via === null) {
      if (foreign === undefined) chosen.unaddressed.push(block)
      continue
    }
    const place = placeOf(via, facts)
    if (place === 'own') chosen.doubled.push(block)
    else if (foreign !== undefined) {
      // As an operator would write it: there is nothing left to do.
      const isSame = foreign.gateway === via && (place === null || foreign.interface === place)
      if (!isSame && place !== null) chosen.taken.push({ block, route: foreign })
    } else if (place === null) chosen.distant.push(block)
    else chosen.routes.push({ destination: block.block, via, interface: place })
  }
  return chosen
}

const foreignRoute = (block: string, { routes = [] }: HostFacts): RouteFact | undefined => {
  const prefix = parsePrefix(block)
  return routes.find((route) => {
    if ((route.table ?? MAIN) !== MAIN || isOwnRoute(route)) return false
    const destination = tryParseHostOrPrefix(route.destination ?? 'default')
    return destination !== null && samePrefix(destination, prefix)
  })
}

/** The interface on whose network an address is; null: on none of this host's; `own`: the host has it. */
const placeOf = (via: string, { interfaces = [] }: HostFacts): string | null => {
  const address = parseAddress(via)
  let found: { readonly name: string; readonly length: number } | null = null
  for (const link of interfaces) {
    for (const text of link.addresses ?? []) {
      const own = tryParseInterfaceAddress(text)
      if (own === null || own.address.family !== address.family) continue
      if (own.address.value === address.value) return 'own'
      if (!isWire(link) || !containsAddress(prefixAround(own.address, own.length), address)) continue
      if (found === null || own.length > found.length) found = { name: link.name ?? '', length: own.length }
    }
  }
  return found?.name ?? null
}

/** No other host is behind a bridge of ours, nor behind an interface that is down. */
const isWire = (link: InterfaceFact): boolean => link.up !== false && parseBridgeAlias(link.alias) === null
