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

/** The routes of this host to blocks of other hosts, and the blocks that get none, by reason. */
export interface ChosenRoutes {
  readonly routes: readonly DesiredRoute[]
  /** Blocks whose hosts have told the cluster no address. */
  readonly unaddressed: readonly NeighbourBlock[]
  /** Blocks whose hosts are on no network of this host. */
  readonly distant: readonly NeighbourBlock[]
  /** Blocks whose hosts have an address that this host has too. */
  readonly doubled: readonly NeighbourBlock[]
  /** Blocks to which a foreign route leads elsewhere, and takes packets that the managed route should get. */
  readonly contested: readonly { readonly block: NeighbourBlock; readonly rival: Rival }[]
}

/**
 * Chooses the routes of a host to the blocks of other hosts. Each leads by the address of the other host, which must be
 * on a network of this host. A foreign route to the block stays as it is. The managed route is made beside it if the
 * kernel takes both and the managed one cuts nothing off.
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
      // A foreign route that leads where ours would is what an operator would write: nothing is contested.
      if (rival !== null && !leadsTo(ours, rival.route)) chosen.contested.push({ block, rival })
    }
  }
  return chosen
}

/** The interface whose network holds an address; null: no network of this host does; `own`: the host itself has it. */
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

/** Can an interface lead to another host? One that is down cannot, nor can a bridge of Portolan. */
const isWire = (link: InterfaceFact): boolean => link.up !== false && parseBridgeAlias(link.alias) === null
