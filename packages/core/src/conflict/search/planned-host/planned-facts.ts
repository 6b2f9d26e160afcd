import {
  type Family,
  families,
  type HostFacts,
  type InterfaceFact,
  type RouteFact,
} from '@portolan/netfilter'
import { linkSysctlName } from '@portolan/netfilter/sysctls'
import type { DesiredNetwork, DesiredState } from '../../../contract/index.ts'
import { iccKeeper, parseBridgeAlias } from '../../../contract/index.ts'
import { blockRouteProtocol } from '../../../route/block-route-protocol.ts'
import { isOwnRoute, plainMetric } from '../../../route/rival-routes.ts'
import { routesWithLinks } from '../../../route/routes-with-links.ts'
import { type BridgeChanged, withoutFormerRoutes } from './planned-routes.ts'

/**
 * The facts of a host as they are after a project is applied. Its bridges exist with their addresses and routes, also
 * the bridges of external networks that are only defined, and the sysctls of the plan are set.
 *
 * @param setsSysctls - false: the plan does not set sysctls
 */
export const plannedFacts = (desired: DesiredState, facts: HostFacts, setsSysctls: boolean): HostFacts => {
  const own = desired.networks.filter(({ external }) => !external)
  const names = new Set(own.map(({ bridge }) => bridge))
  const external = desired.networks.filter((network) => network.external).map(({ bridge }) => bridge)
  const stale = (facts.interfaces ?? []).filter((link) => isRemoved(link, desired, external))
  const known = (facts.interfaces ?? []).filter((link) => !stale.includes(link))
  const wanted = [...own, ...desired.networks.filter((network) => isOnlyDefined(network, known))]
  const made = wanted.map((network) =>
    bridgeLink(
      network,
      known.find(({ name }) => name === network.bridge),
      !network.icc && iccKeeper(network.bridge, facts, network.linked) === 'hooks',
    ),
  )
  const later = new Map(made.map((link) => [link.name, link]))
  const bridges = [
    ...stale.map((before): BridgeChanged => ({ before, after: null })),
    ...known.flatMap((before): readonly BridgeChanged[] => {
      const after = names.has(before.name ?? '') ? later.get(before.name) : undefined
      return after === undefined ? [] : [{ before, after }]
    }),
  ]
  return {
    ...facts,
    interfaces: [
      ...known
        .filter(({ name }) => !made.some((link) => link.name === name))
        .map((link) => withHairpin(link, external)),
      ...made,
    ].map((link) => withHairpin(withIsolation(link, own, facts), [...names])),
    ...(facts.routes === undefined
      ? {}
      : {
          // In front of any route with the same metric, because Portolan's route is made where there is none yet.
          routes: blockRoutes(desired).concat(
            routesWithLinks(
              withoutFormerRoutes(facts.routes, bridges).filter(
                (route) => desired.routes === undefined || !isOwnRoute(route),
              ),
              made,
            ),
          ),
        }),
    sysctls: {
      ...(setsSysctls ? plannedSysctls(desired, facts.sysctls ?? {}) : facts.sysctls),
      ...Object.fromEntries(wanted.flatMap(madeWithIp6)),
    },
  }
}

/**
 * Whether `diffLinks` removes an interface: its network is no longer the project's, or has a bridge of another name.
 */
const isRemoved = (
  { name, alias }: InterfaceFact,
  { project, networks }: DesiredState,
  external: readonly string[],
): boolean => {
  const owner = parseBridgeAlias(alias)
  return (
    owner?.project === project &&
    !external.includes(name ?? '') &&
    !networks.some((one) => !one.external && one.name === owner.network && one.bridge === name)
  )
}

const blockRoutes = ({ routes = [] }: DesiredState): readonly RouteFact[] =>
  routes.map(({ destination, via, interface: name }) => ({
    ...{ destination, gateway: via, interface: name, table: 254, type: 'unicast', scope: 'universe' },
    metric: plainMetric(destination),
    protocol: blockRouteProtocol.name,
  }))

/**
 * Whether a network is another engine's and the facts lack its bridge, or have only its name. Its engine will make it
 * so.
 */
const isOnlyDefined = ({ external, bridge }: DesiredNetwork, links: readonly InterfaceFact[]): boolean => {
  const link = links.find(({ name }) => name === bridge)
  return external && link?.addresses === undefined && link?.up !== false
}

/** A bridge made with an IPv6 address accepts IPv6 packets, whatever `default` says. */
const madeWithIp6 = ({ bridge, ip6 }: DesiredNetwork): readonly (readonly [string, string])[] =>
  ip6 === null ? [] : [[linkSysctlName('ipv6', bridge, 'disable_ipv6'), '0']]

const bridgeLink = (
  network: DesiredNetwork,
  link: InterfaceFact | undefined,
  callsHooks: boolean,
): InterfaceFact => ({
  ...link,
  name: network.bridge,
  up: true,
  kind: 'bridge',
  // With icc off, packets inside the bridge are passed to the IP hooks, unless its ports are isolated.
  nfCallIptables: network.icc ? link?.nfCallIptables === true : callsHooks,
  nfCallIp6tables: network.icc ? link?.nfCallIp6tables === true : callsHooks,
  addresses: [
    ...families.flatMap((family) => gatewayAddress(network, family)),
    ...(link?.addresses ?? []).filter((address) => address.toLowerCase().startsWith('fe80:')),
  ],
})

const gatewayAddress = (network: DesiredNetwork, family: Family): readonly string[] => {
  const subnet = network[family]
  return subnet === null || subnet.gateway === null
    ? []
    : [`${subnet.gateway}/${subnet.subnet.slice(subnet.subnet.indexOf('/') + 1)}`]
}

/** The plan isolates ports where isolation separates the containers, and ends isolation where the IP hooks do. */
const withIsolation = (
  link: InterfaceFact,
  networks: readonly DesiredNetwork[],
  facts: HostFacts,
): InterfaceFact => {
  const network = networks.find(({ bridge, icc }) => !icc && bridge === link.master)
  if (network === undefined || link.isolated === undefined) return link
  return { ...link, isolated: iccKeeper(network.bridge, facts, network.linked) === 'isolation' }
}

/** The plan switches hairpin mode on, so that a container can reach itself through the host. */
const withHairpin = (link: InterfaceFact, bridges: readonly string[]): InterfaceFact =>
  bridges.includes(link.master ?? '') && link.hairpin === false ? { ...link, hairpin: true } : link

const forwarding: Readonly<Record<Family, { readonly name: string; readonly each: RegExp }>> = {
  ip: { name: 'net.ipv4.ip_forward', each: /^net\.ipv4\.conf\.[^.]+\.forwarding$/ },
  ip6: { name: 'net.ipv6.conf.all.forwarding', each: /^net\.ipv6\.conf\.[^.]+\.forwarding$/ },
}

/** Writing the sysctl of a family writes those of all its interfaces (net/ipv4/devinet.c `inet_forward_change`). */
const plannedSysctls = (
  { networks }: DesiredState,
  sysctls: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const planned: Record<string, string> = { ...sysctls }
  for (const family of families) {
    const { name, each } = forwarding[family]
    if (!networks.some((network) => network[family] !== null && !network.internal)) continue
    if (sysctls[name] !== undefined && sysctls[name] !== '0') continue
    for (const one of Object.keys(sysctls)) if (each.test(one)) planned[one] = '1'
    planned[name] = '1'
  }
  for (const { bridge, external } of networks) {
    planned[linkSysctlName('ipv4', bridge, 'route_localnet')] = '1'
    if (!external) planned[linkSysctlName('ipv4', bridge, 'rp_filter')] = '2'
  }
  return planned
}
