import {
  containsAddress,
  type HostFacts,
  type InterfaceFact,
  parseAddress,
  prefixAround,
  tryParseInterfaceAddress,
} from '@portolan/netfilter'
import type { NeighbourBlock } from '../block/neighbours.ts'
import { parseBridgeAlias } from '../contract/bridge-alias.ts'
import type { DesiredRoute } from '../contract/desired-state.ts'
import { isOwnRoute, leadsTo, leavesRoom, type Rival, rivalOf, routesTo } from './rival-routes.ts'

/** Blocks of other hosts with the routes that lead there, and what keeps the others from having one. */
export interface ChosenRoutes {
  readonly routes: readonly DesiredRoute[]
  /** Their hosts have told no address. */
  readonly unaddressed: readonly NeighbourBlock[]
  /** Their hosts are on no network of this one. */
  readonly distant: readonly NeighbourBlock[]
  /** Their hosts have an address of this one. */
  readonly doubled: readonly NeighbourBlock[]
  /** A route that is not ours has exactly this destination, leads elsewhere, and gets packets that ours would. */
  readonly contested: readonly { readonly block: NeighbourBlock; readonly rival: Rival }[]
}

/**
 * The routes of a host to the blocks of the others: for each one by the address of its host, where that is a neighbour on
 * a network of this host. What another program has routed there is left alone, and ours is made beside it where the kernel
 * takes both and nothing is cut off by it.
 */
export const chooseRoutes = (others: readonly NeighbourBlock[], facts: HostFacts): ChosenRoutes => {
  const chosen = {
    routes: [] as DesiredRoute[],
    unaddressed: [] as NeighbourBlock[],
    distant: [] as NeighbourBlock[],
    doubled: [] as NeighbourBlock[],
    contested: [] as ChosenRoutes['contested'][number][],
  }
  for (const block of others) {
    const { via } = block
    const there = routesTo(block.block, facts)
    const isRouted = there.some((route) => !isOwnRoute(route))
    if (via === null) {
      if (!isRouted) chosen.unaddressed.push(block)
      continue
    }
    const place = placeOf(via, facts)
    if (place === 'own') chosen.doubled.push(block)
    else if (place === null) {
      if (!isRouted) chosen.distant.push(block)
    } else {
      const ours = { destination: block.block, via, interface: place }
      const rival = rivalOf(ours, there, facts)
      if (rival === null || leavesRoom(rival)) chosen.routes.push(ours)
      // As an operator would write it: there is nothing left to do.
      if (rival !== null && !leadsTo(ours, rival.route)) chosen.contested.push({ block, rival })
    }
  }
  return chosen
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
