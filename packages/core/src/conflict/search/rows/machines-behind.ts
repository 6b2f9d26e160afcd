import type { Family } from '@portolan/netfilter'
import {
  destinationClasses,
  type Host,
  lookUpRoute,
  type RangeSet,
  rangeSet,
  uniteRanges,
} from '@portolan/netfilter/analysis'

/** Route types that drop packets. The kernel shows a nexthop object that is a blackhole with this type too. */
const refusing: readonly string[] = ['blackhole', 'unreachable', 'prohibit']

/**
 * By interface, the sources that replies leave to and those that a known route reaches. Also the host's own addresses,
 * and the destinations that a route refuses. Null: there are too many routes to tell. A default route that refuses
 * counts as no route.
 *
 * @param areListed - the facts list the host's routes
 */
export const machinesBehind = (
  host: Host,
  family: Family,
  areListed: boolean,
): {
  readonly answered: (name: string) => RangeSet
  readonly routed: (name: string) => RangeSet
  readonly local: RangeSet
  readonly refused: RangeSet
} | null => {
  const router = host.routers[family]
  const classes = destinationClasses(router, 'behind', (destination) => {
    const { route } = lookUpRoute(router, { destination, source: null, in: 'lo', out: null, mark: 0 })
    if (route === null) return 'none'
    if (refusing.includes(route.type)) return route.length === 0 ? 'none' : 'refused'
    return route.type === 'unicast' ? `by ${route.link?.name ?? ''}` : route.type
  })
  if (classes === null) return null
  const noMachines = rangeSet([])
  // Facts that list any route list all of them. A client without a route back is promised nothing.
  const unsaid = router.complete || areListed ? noMachines : (classes.get('none') ?? noMachines)
  const routed = (name: string): RangeSet => classes.get(`by ${name}`) ?? noMachines
  return {
    routed,
    answered: (name) => uniteRanges([routed(name), unsaid]),
    // A local route may cover a whole prefix (ip-route(8), `local`).
    local: classes.get('local') ?? noMachines,
    refused: classes.get('refused') ?? noMachines,
  }
}
