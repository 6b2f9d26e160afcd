import type { InsideChange, InsideState } from '@portolan/host'
import { containsAddress, type Family, parseAddress, parsePrefix } from '@portolan/netfilter'
import type { Attachment, InsideAddress } from './attachment.ts'

interface RouteChange {
  readonly add: InsideChange['defaultRoutes']
  readonly former: InsideChange['formerRoutes']
}

/**
 * The default route of one family to add, and the routes of this network that it replaces. A replaced route leads to
 * the network's former router, or has the metric of an earlier request. A route through another interface is never
 * replaced.
 */
export const routeChange = (
  attachment: Attachment,
  state: InsideState,
  { family, gateway, router, subnet }: InsideAddress,
): RouteChange => {
  const own = ownRoutes(attachment, state, family)
  const wanted = own.find((route) => isWanted(attachment, family, gateway, route))
  if (gateway === null) return { add: [], former: own.filter((route) => route.gateway === router) }
  // A route through another gateway is not Portolan's, and stays.
  if (wanted !== undefined)
    return { add: [], former: own.filter((route) => route !== wanted && route.gateway === gateway) }
  const former = own.filter((route) => containsAddress(parsePrefix(subnet), parseAddress(route.gateway)))
  const metric = askedMetric(attachment, family) ?? former[0]?.metric ?? defaultMetric(state, family)
  return { add: [{ gateway, metric }], former }
}

interface OwnRoute {
  readonly gateway: string
  readonly metric: number
}

/** The default routes through the interface, the one with the lowest metric first. */
const ownRoutes = (
  { interface: inside }: Attachment,
  { defaultRoutes }: InsideState,
  family: Family,
): readonly OwnRoute[] =>
  defaultRoutes
    .flatMap(({ gateway, metric, ...route }) =>
      route.family === family && route.interface === inside && gateway !== null ? [{ gateway, metric }] : [],
    )
    .sort((one, other) => one.metric - other.metric)

const isWanted = (
  attachment: Attachment,
  family: Family,
  gateway: string | null,
  route: OwnRoute,
): boolean => {
  const metric = askedMetric(attachment, family)
  return route.gateway === gateway && (metric === null || route.metric === metric)
}

/** The default route that already has the wanted metric, so that the kernel refuses a second one; null: none has. */
export const routeInTheWay = (
  attachment: Attachment,
  state: InsideState,
): InsideState['defaultRoutes'][number] | null => {
  for (const address of attachment.addresses) {
    const { family } = address
    const { add, former } = routeChange(attachment, state, address)
    const found = state.defaultRoutes.find(
      (route) =>
        route.family === family &&
        add.some(({ metric }) => metric === route.metric) &&
        !(
          route.interface === attachment.interface &&
          former.some(({ gateway, metric }) => gateway === route.gateway && metric === route.metric)
        ),
    )
    if (found !== undefined) return found
  }
  return null
}

/** The metric that was asked for. IPv6 has no metric 0: the kernel reads 0 as its default (`fib6_add`). */
const askedMetric = ({ metric }: Attachment, family: Family): number | null =>
  metric === 0 ? firstMetric[family] : metric

/** The kernel's metric for a route that is added without one; for IPv6 it is 1024 (IP6_RT_PRIO_USER). */
const firstMetric = { ip: 0, ip6: 1024 } as const

/**
 * A metric after every existing default route. A process keeps the route it has, and uses the new one when that route
 * goes.
 */
const defaultMetric = ({ defaultRoutes }: InsideState, family: Family): number => {
  const metrics = defaultRoutes.filter((route) => route.family === family).map(({ metric }) => metric)
  return metrics.length === 0 ? firstMetric[family] : Math.max(...metrics) + 1
}
