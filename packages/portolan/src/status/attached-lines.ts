import { type LeasedAddress, type LeaseState, leasedSubnets, replicaName } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { attachedPorts } from '../live/attachments/attached-ports.ts'
import { heldBy, heldOn } from '../live/attachments/held-addresses.ts'
import type { EndpointStatus, ParentedStatus } from './status.ts'

/** A line for each network on an interface of the host. */
export const parentedLines = (
  { interfaces = [] }: HostFacts,
  leases: LeaseState,
): readonly ParentedStatus[] => {
  const found = new Map<string, ParentedStatus>()
  for (const { project, network: name, family, subnet, parented } of leasedSubnets(leases)) {
    if (parented === undefined) continue
    const key = `${project} ${name}`
    const subnets = found.get(key)?.subnets ?? []
    found.set(key, {
      ...{ project, name, driver: parented.driver.kind, parent: parented.parent },
      subnets: family === 'ip' ? [subnet, ...subnets] : [...subnets, subnet],
      up: interfaces.some((link) => link.name === parented.parent && link.up === true),
    })
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line)
}

/** A line for each attached endpoint, and for each endpoint that has addresses on a network on an interface. */
export const endpointLines = (facts: HostFacts, leases: LeaseState): readonly EndpointStatus[] => {
  const links = new Map((facts.interfaces ?? []).map((link) => [link.name, link]))
  const attached = attachedPorts(facts).map(({ name, mark }): EndpointStatus => {
    const { master = null, up = false } = links.get(name) ?? {}
    return { ...mark, addresses: addressesOf(heldBy(leases, mark)), interface: name, bridge: master, up }
  })
  const onParents = parentedLines(facts, leases).flatMap(({ project, name: network }) => {
    const held = heldOn(leases, { project, network })
    const names = [...new Set(held.map(({ holder }) => replicaName(holder)))]
    return names.map((endpoint): EndpointStatus => {
      const addresses = addressesOf(held.filter(({ holder }) => replicaName(holder) === endpoint))
      return { project, network, endpoint, addresses, interface: null, bridge: null, up: null }
    })
  })
  return [...attached, ...onParents].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

const keyOf = ({ project, network, endpoint }: EndpointStatus): string => `${project} ${network} ${endpoint}`

const addressesOf = (held: readonly LeasedAddress[]): readonly string[] =>
  [...held].sort((a, b) => (a.family < b.family ? -1 : 1)).map(({ address }) => address)
