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
 * Removes from facts the routes that end with a plan's changes to bridges of its project: a bridge is removed, or its
 * network gets another subnet. Such a route does not hinder a route that the plan makes afterwards.
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

/** Is the route inside a subnet that the bridge will have? */
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
