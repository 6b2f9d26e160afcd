import type { DesiredMapping, DesiredNetwork, DesiredState, Flow, FlowSource } from '@portolan/core'
import { parseBridgeAlias } from '@portolan/core'
import {
  addToAddress,
  type Family,
  families,
  firstAddress,
  formatAddress,
  type HostFacts,
  type InterfaceFact,
  parseInterfaceAddress,
  parsePrefix,
  prefixAround,
  prefixContains,
} from '@portolan/netfilter'

/** The addresses of all interfaces, in the form that the contract needs. */
export const hostAddresses = ({ interfaces = [] }: HostFacts): readonly string[] =>
  interfaces.flatMap(({ addresses = [] }) =>
    addresses.map((text) => formatAddress(parseInterfaceAddress(text).address)),
  )

/** A machine far away, reached by the default route. */
const farAway: Readonly<Record<Family, string>> = { ip: '198.51.100.7', ip6: '2001:db8:5::7' }
const elsewhere: Readonly<Record<Family, string>> = { ip: '203.0.113.80', ip6: '2001:db8:9::80' }
const loopback: Readonly<Record<Family, string>> = { ip: '127.0.0.1', ip6: '::1' }
const unpublishedPort = 4

/** The number of containers that stand for all containers of a network. */
const membersAsked = 2

/**
 * The flows that test a project against the contract on a host: to each mapping from every kind of client, allowed or
 * not, to unpublished ports, and between and out of the project's networks.
 */
export const contractFlows = (desired: DesiredState, facts: HostFacts): readonly Flow[] => {
  const unique = new Map<string, Flow>()
  for (const family of families)
    for (const flow of [
      ...toMappings(desired, facts, family),
      ...toLinked(desired, family),
      ...ofNetworks(desired, facts, family),
    ])
      unique.set(JSON.stringify(flow), flow)
  return [...unique.values()]
}

type MachineSource = Extract<FlowSource, { readonly kind: 'machine' }>

const toMappings = (desired: DesiredState, facts: HostFacts, family: Family): readonly Flow[] =>
  desired.mappings
    .filter((mapping) => mapping.family === family)
    .flatMap((mapping) => {
      const { protocol, hostPort, targets } = mapping
      const machines = [
        ...machinesBefore(facts, family),
        ...allowedAndNot(mapping, machinesBefore(facts, family)),
      ]
      const sources: readonly FlowSource[] = [
        ...machines,
        { kind: 'host', address: null },
        ...membersOf(desired, family),
      ]
      const doors = [
        ...doorsOf(mapping, facts, family).map((address) => ({ address, port: hostPort })),
        ...targets.flatMap(({ address, port }) => [
          { address, port },
          { address, port: unpublishedPort },
        ]),
      ]
      return sources.flatMap((from) => doors.map((to): Flow => ({ family, protocol, from, to })))
    })

/** Flows to each port that a link opens, from containers with the link and from others. */
const toLinked = (desired: DesiredState, family: Family): readonly Flow[] =>
  (desired.openings ?? []).flatMap(({ address, ports, from, ...opening }) => {
    if (opening.family !== family || address === null || from.kind !== 'container') return []
    const sources = [{ ...from }, ...membersOf(desired, family)]
    return (ports ?? []).flatMap(({ protocol, port }) =>
      sources.map((source): Flow => ({ family, protocol, from: source, to: { address, port } })),
    )
  })

/** The host addresses that are tried for a mapping, whether it answers there or not. */
const doorsOf = (
  { kind, hostAddress }: DesiredMapping,
  facts: HostFacts,
  family: Family,
): readonly string[] => {
  if (kind === 'direct') return []
  const all = hostAddresses(facts)
  const own = all.filter(
    (address) =>
      isOfFamily(family, address) && !prefixContains('127.0.0.0/8', address) && !isLinkLocal(address),
  )
  // No packet comes to an address that the host does not have.
  const isThere = hostAddress !== null && (isLoopback(hostAddress) || all.includes(hostAddress))
  return [...own, loopback[family], ...(isThere ? [hostAddress] : [])]
}

const isOfFamily = (family: Family, address: string): boolean => address.includes(':') === (family === 'ip6')

const isLoopback = (address: string): boolean => address === '::1' || prefixContains('127.0.0.0/8', address)

const isLinkLocal = (address: string): boolean => prefixContains('fe80::/10', address)

const isUplink = ({ name = '', kind, up = true, master = null, alias }: InterfaceFact): boolean =>
  up && master === null && kind !== 'loopback' && name !== 'lo' && parseBridgeAlias(alias) === null

/** Machines on the links of the host, and behind its default routes. */
const machinesBefore = (facts: HostFacts, family: Family): readonly MachineSource[] =>
  (facts.interfaces ?? []).filter(isUplink).flatMap((link) => {
    const name = link.name ?? ''
    const neighbours = (link.addresses ?? [])
      .filter((text) => isOfFamily(family, text) && !isLinkLocal(text.split('/')[0] ?? ''))
      .flatMap((text) => neighbourOf(text) ?? [])
    const isDefault = (facts.routes ?? []).some(
      ({ destination, interface: by }) => by === name && isDefaultOf(family, destination),
    )
    const addresses = [...neighbours.slice(0, 1), ...(isDefault ? [farAway[family]] : [])]
    return addresses.map((address): MachineSource => ({ kind: 'machine', address, interface: name }))
  })

const isDefaultOf = (family: Family, destination: string | undefined): boolean =>
  destination === (family === 'ip' ? '0.0.0.0/0' : '::/0') || (family === 'ip' && destination === 'default')

const neighbourOf = (text: string): string | null => {
  const { address, length } = parseInterfaceAddress(text)
  if (length > (address.family === 'ip' ? 29 : 125)) return null
  const first = firstAddress(prefixAround(address, length))
  for (const step of [5n, 6n]) {
    const found = addToAddress(first, step)
    if (found !== null && formatAddress(found) !== formatAddress(address)) return formatAddress(found)
  }
  return null
}

/** For a restricted port, a machine of each allowed range, behind the default route that leads back to it. */
const allowedAndNot = (
  { allowFrom, family }: DesiredMapping,
  machines: readonly MachineSource[],
): readonly MachineSource[] => (allowFrom === null ? [] : machinesIn(allowFrom, family, machines))

const machinesIn = (
  ranges: readonly string[],
  family: Family,
  machines: readonly MachineSource[],
): readonly MachineSource[] => {
  const far = machines.find(({ address }) => address === farAway[family])
  if (far === undefined) return []
  return ranges.flatMap((range) => {
    const prefix = parsePrefix(range)
    const inside = addToAddress(firstAddress(prefix), prefix.length < 31 ? 1n : 0n)
    const isOdd =
      inside === null || /^(0\.|127\.|22[4-9]\.|2[3-5]\d\.|fe80:|::|ff)/.test(formatAddress(inside))
    return isOdd || prefix.length < 8 ? [] : [{ ...far, address: formatAddress(inside) }]
  })
}

const membersOf = (desired: DesiredState, family: Family): readonly FlowSource[] =>
  desired.networks.flatMap(({ name }) =>
    desired.endpoints
      .flatMap(({ network, [family]: address }) => (network === name && address !== null ? [address] : []))
      .slice(0, membersAsked)
      .map((address): FlowSource => ({ kind: 'container', network: name, address })),
  )

/** Flows between networks, to the outside, and straight to containers. */
const ofNetworks = (desired: DesiredState, facts: HostFacts, family: Family): readonly Flow[] => {
  const members = membersOf(desired, family)
  const machines = machinesBefore(facts, family)
  const inside = desired.networks.flatMap((network) => insideOf(desired, network, family))
  const hasWayOut = machines.some(({ address }) => address === farAway[family])
  const named = (desired.openings ?? []).flatMap(({ from, ...opening }) =>
    from.kind === 'prefix' && opening.family === family ? [from.prefix] : [],
  )
  const sources: readonly FlowSource[] = [...machines, ...machinesIn(named, family, machines), ...members]
  const flows = sources.flatMap((from) =>
    inside.map(
      (address): Flow => ({ family, protocol: 'tcp', from, to: { address, port: unpublishedPort } }),
    ),
  )
  const out = (hasWayOut ? members : []).map(
    (from): Flow => ({ family, protocol: 'tcp', from, to: { address: elsewhere[family], port: 443 } }),
  )
  return [...flows, ...out]
}

const insideOf = (desired: DesiredState, { name }: DesiredNetwork, family: Family): readonly string[] =>
  desired.endpoints
    .flatMap(({ network, [family]: address }) => (network === name && address !== null ? [address] : []))
    .slice(0, membersAsked)
