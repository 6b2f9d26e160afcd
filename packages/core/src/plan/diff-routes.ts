import { type HostFacts, type RouteFact, shellWord } from '@portolan/netfilter'
import type { DesiredRoute, DesiredState } from '../contract/desired-state.ts'
import { blockRouteProtocol } from '../route/block-route-protocol.ts'
import { isOwnRoute } from '../route/rival-routes.ts'
import type { LinkChange, LinkOperation } from './link-change.ts'

const textOf = ({ destination, via, interface: name }: DesiredRoute): string =>
  `${destination} via ${via} dev ${name}`

const commandOf = (route: DesiredRoute, verb: 'add' | 'del' | 'replace'): string =>
  `ip route ${verb} ${route.destination} via ${route.via} dev ${shellWord(route.interface)} proto ${blockRouteProtocol.number}`

/**
 * The managed routes of a host. One without interface and gateway is not made by Portolan, but has its protocol, so
 * Portolan removes it.
 */
const ownRoutes = ({ routes = [] }: HostFacts): readonly DesiredRoute[] =>
  routes.filter(isOwnRoute).map(({ destination = '', gateway, interface: name }: RouteFact) => ({
    destination,
    via: gateway ?? '',
    interface: name ?? '',
  }))

/**
 * The changes that make a host's routes to blocks of other hosts as desired. Only managed routes change. If a block
 * went to another host, its route is replaced in one step.
 *
 * @example
 * diffRoutes({ routes: [{ destination: '10.66.31.0/24', via: '192.0.2.12', interface: 'eth0' }] }, {})[0]?.object
 * // 'route 10.66.31.0/24'
 * @public @since 0.1.0
 */
export const diffRoutes = (
  { routes }: Pick<DesiredState, 'routes'>,
  facts: HostFacts,
): readonly LinkChange[] => {
  if (routes === undefined) return []
  const wanted = new Map(routes.map((route) => [route.destination, route]))
  // Several routes with different metrics do not come from Portolan. The kernel's first one is used.
  const had = new Map(
    ownRoutes(facts)
      .toReversed()
      .map((route) => [route.destination, route]),
  )
  return [
    ...[...had.values()].filter(({ destination }) => !wanted.has(destination)).map(removeRoute),
    ...routes.flatMap((route): readonly LinkChange[] => {
      const before = had.get(route.destination)
      if (before === undefined) return [addRoute(route)]
      return textOf(before) === textOf(route) ? [] : [moveRoute(before, route)]
    }),
  ]
}

/**
 * Makes the changes that remove every managed route.
 * @example
 * deleteRoutes({ routes: [] }) // []
 * @public @since 0.1.0
 */
export const deleteRoutes = (facts: HostFacts): readonly LinkChange[] => ownRoutes(facts).map(removeRoute)

const operationOf = (
  kind: 'set-route' | 'delete-route',
  { destination, via, interface: name }: DesiredRoute,
): LinkOperation => ({ kind, name, destination, via })

const addRoute = (route: DesiredRoute): LinkChange => ({
  action: 'add',
  object: `route ${route.destination}`,
  description: `Route block ${route.destination} to its host, ${route.via}, by ${route.interface}.`,
  before: null,
  after: textOf(route),
  reverse: commandOf(route, 'del'),
  operation: operationOf('set-route', route),
})

const moveRoute = (before: DesiredRoute, route: DesiredRoute): LinkChange => ({
  action: 'change',
  object: `route ${route.destination}`,
  description: `Route block ${route.destination} to the host that has it now, ${route.via}, by ${route.interface}.`,
  before: textOf(before),
  after: textOf(route),
  reverse: commandOf(before, 'replace'),
  operation: operationOf('set-route', route),
})

const removeRoute = (route: DesiredRoute): LinkChange => ({
  action: 'remove',
  object: `route ${route.destination}`,
  description: `Remove the route to block ${route.destination} by ${route.via}.`,
  before: textOf(route),
  after: null,
  reverse: commandOf(route, 'add'),
  operation: operationOf('delete-route', route),
})
