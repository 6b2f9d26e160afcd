import {
  containsPrefix,
  type HostFacts,
  type InterfaceFact,
  parsePrefix,
  type RouteFact,
  tryParseHostOrPrefix,
} from '@portolan/netfilter'
import { parseBridgeAlias } from '../contract/bridge-alias.ts'
import type { DesiredState } from '../contract/desired-state.ts'

/**
 * Facts without the routes that go with what a plan does to bridges of its project: one is removed, or its network gets
 * another subnet. Such a route is in no way of one that the plan makes behind it.
 */
export const withoutLeavingRoutes = (desired: DesiredState, facts: HostFacts): HostFacts => {
  const { routes, interfaces = [] } = facts
  const ours = interfaces.filter((link) => parseBridgeAlias(link.alias)?.project === desired.project)
  if (routes === undefined || ours.length === 0) return facts
  const left = routes.filter(
    (route) => !ours.some((link) => isOn(link, route) && !staysOn(link, route, desired)),
  )
  return left.length === routes.length ? facts : { ...facts, routes: left }
}

const isOn = (link: InterfaceFact, { interface: name, gateway }: RouteFact): boolean =>
  name === link.name && (gateway ?? null) === null

/** Is the route inside a subnet that the bridge is to have? */
const staysOn = (
  { name }: InterfaceFact,
  { destination = 'default' }: RouteFact,
  { networks }: DesiredState,
): boolean => {
  const prefix = tryParseHostOrPrefix(destination)
  if (prefix === null) return true
  return networks
    .filter(({ bridge }) => bridge === name)
    .flatMap(({ ip, ip6 }) => [ip, ip6])
    .some((wanted) => wanted !== null && containsPrefix(parsePrefix(wanted.subnet), prefix))
}
