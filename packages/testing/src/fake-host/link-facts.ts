import { blockRouteProtocol, type LinkOperation, parseBridgeAlias } from '@portolan/core'
import { routesWithLinks } from '@portolan/core/planning'
import { ApplyError, type HostFacts, type InterfaceFact, type RouteFact } from '@portolan/netfilter'
import { withLinkSysctls, withoutLinkSysctls } from './sysctl-facts.ts'

/** The facts of a host after a change of its interfaces, as the kernel makes it. */
export const withLinkChange = (facts: HostFacts, operation: LinkOperation): HostFacts => {
  switch (operation.kind) {
    case 'create-bridge':
      return withBridge(facts, operation)
    case 'delete-bridge':
      return withoutBridge(facts, operation.name)
    case 'create-vlan':
      return withVlan(facts, operation)
    case 'set-vlan-up':
      return withLink(facts, operation.name, { up: true })
    case 'delete-vlan':
      return withoutVlan(facts, operation.name)
    case 'delete-endpoint':
      return { ...facts, interfaces: (facts.interfaces ?? []).filter(({ name }) => name !== operation.name) }
    case 'set-bridge': {
      const { name, alias, mtu, up, nfCall } = operation
      return withLink(facts, name, {
        ...(alias === undefined ? {} : { alias }),
        ...(mtu === undefined ? {} : { mtu }),
        ...(up === undefined ? {} : { up }),
        ...(nfCall === undefined ? {} : { nfCallIptables: nfCall, nfCallIp6tables: nfCall }),
      })
    }
    case 'add-address':
    case 'remove-address': {
      const { addresses = [] } = linkOf(facts, operation.name)
      const others = addresses.filter((address) => address !== operation.address)
      return operation.kind === 'add-address'
        ? withAddresses(facts, operation.name, [...others, operation.address])
        : withAddresses(facts, operation.name, others)
    }
    case 'set-route':
    case 'delete-route':
      return withBlockRoute(facts, operation)
    case 'set-port': {
      const { name, hairpin, isolated } = operation
      return withLink(facts, name, {
        ...(hairpin === undefined ? {} : { hairpin }),
        ...(isolated === undefined ? {} : { isolated }),
      })
    }
  }
}

const withBlockRoute = (
  facts: HostFacts,
  { kind, name, destination, via }: Extract<LinkOperation, { readonly via: string }>,
): HostFacts => {
  const protocol = blockRouteProtocol.name
  const isThere = (route: RouteFact): boolean =>
    route.destination === destination && route.protocol === protocol
  const others = (facts.routes ?? []).filter((route) => !isThere(route))
  if (kind === 'delete-route') return facts.routes === undefined ? facts : { ...facts, routes: others }
  linkOf(facts, name)
  const route: RouteFact = {
    destination,
    gateway: via,
    interface: name,
    table: 254,
    type: 'unicast',
    ...(destination.includes(':') ? { metric: 1024 } : {}),
    protocol,
  }
  const routes = facts.routes ?? []
  return {
    ...facts,
    routes: routes.some(isThere) ? routes.map((one) => (isThere(one) ? route : one)) : [...others, route],
  }
}

/**
 * The interface with a name.
 *
 * @throws ApplyError when there is none, as the kernel refuses it
 */
export const linkOf = (facts: HostFacts, name: string): InterfaceFact => {
  const found = facts.interfaces?.find((link) => link.name === name)
  if (found === undefined)
    throw new ApplyError(
      `There is no interface ${name} on this host. Make it first, or give its name in facts.`,
      {
        applied: [],
        stderr: 'No such device',
      },
    )
  return found
}

export const withLink = (facts: HostFacts, name: string, change: Partial<InterfaceFact>): HostFacts => {
  linkOf(facts, name)
  return {
    ...facts,
    interfaces: (facts.interfaces ?? []).map((link) => (link.name === name ? { ...link, ...change } : link)),
  }
}

const withAddresses = (facts: HostFacts, name: string, addresses: readonly string[]): HostFacts => {
  const bare = withoutRoutesBy(facts, name)
  return withRoutes(withLink(bare, name, { addresses }), name)
}

/** Adds the routes of an interface's addresses, as the kernel does, where the facts list routes. */
const withRoutes = (facts: HostFacts, name: string): HostFacts =>
  facts.routes === undefined
    ? facts
    : { ...facts, routes: routesWithLinks(facts.routes, [linkOf(facts, name)]) }

const withoutRoutesBy = (facts: HostFacts, name: string): HostFacts =>
  facts.routes === undefined
    ? facts
    : { ...facts, routes: facts.routes.filter((route) => route.interface !== name) }

const withBridge = (
  facts: HostFacts,
  operation: Extract<LinkOperation, { readonly kind: 'create-bridge' }>,
): HostFacts => {
  const { name, alias, mac, mtu, addresses, nfCall } = operation
  const links = facts.interfaces ?? []
  if (links.some((link) => link.name === name))
    throw new ApplyError(`There is an interface ${name} already.`, { applied: [], stderr: 'File exists' })
  const index = 1 + Math.max(0, ...links.map((link) => link.index ?? 0))
  const bridge: InterfaceFact = {
    ...{ name, index, alias, mac, addresses, up: true, kind: 'bridge', master: null },
    ...(mtu === null ? {} : { mtu }),
    ...{ nfCallIptables: nfCall, nfCallIp6tables: nfCall },
  }
  const made = { ...facts, interfaces: [...links, bridge] }
  return withRoutes(withLinkSysctls(made, name), name)
}

const withoutVlan = (facts: HostFacts, name: string): HostFacts =>
  withoutRoutesBy(
    withoutLinkSysctls(
      { ...facts, interfaces: (facts.interfaces ?? []).filter((link) => link.name !== name) },
      name,
    ),
    name,
  )

const withVlan = (
  facts: HostFacts,
  { name, parent, alias }: Extract<LinkOperation, { readonly kind: 'create-vlan' }>,
): HostFacts => {
  linkOf(facts, parent)
  const links = facts.interfaces ?? []
  if (links.some((link) => link.name === name))
    throw new ApplyError(`There is an interface ${name} already.`, { applied: [], stderr: 'File exists' })
  const index = 1 + Math.max(0, ...links.map((link) => link.index ?? 0))
  const vlan: InterfaceFact = { name, index, alias, addresses: [], up: true, kind: 'vlan', master: null }
  return withLinkSysctls({ ...facts, interfaces: [...links, vlan] }, name)
}

const withoutBridge = (facts: HostFacts, name: string): HostFacts => {
  const bridge = facts.interfaces?.find((link) => link.name === name)
  if (bridge === undefined) return facts
  if (parseBridgeAlias(bridge.alias) === null)
    throw new ApplyError(`${name} is no bridge of Portolan's, so it is not deleted.`, {
      applied: [],
      stderr: '',
    })
  const released = (facts.interfaces ?? []).flatMap((link): InterfaceFact[] => {
    if (link.name === name) return []
    if (link.master !== name) return [link]
    const { hairpin: _hairpin, isolated: _isolated, ...rest } = link
    return [{ ...rest, master: null }]
  })
  return withoutRoutesBy(withoutLinkSysctls({ ...facts, interfaces: released }, name), name)
}
