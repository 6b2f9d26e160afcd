import {
  acquireAddress,
  type DesiredEndpoint,
  type DesiredMapping,
  type EndpointOptions,
  type LeaseChange,
  type LeaseStore,
  leaseKey,
  releaseLease,
} from '@portolan/core'
import { endpointIntent } from '@portolan/core/planning'
import { families, InvalidRequestError, macFromAddress } from '@portolan/netfilter'
import type { LiveRules } from '../rules/live-rules.ts'
import { type WantedNetwork, withEndpoint, withoutEndpoint } from '../wanted/wanted-state.ts'

/** Leases the addresses of an endpoint on a network of this project; the same endpoint has the same ones again. */
export const leaseEndpoint = async (
  rules: LiveRules,
  leases: LeaseStore,
  network: string,
  name: string,
  options: EndpointOptions,
): Promise<DesiredEndpoint> => {
  const { project, wanted } = rules
  const on = networkOf(rules, network)
  const intent = endpointIntent(name, network, options)
  const known = wanted.endpoint(network, name)
  if (known !== null && JSON.stringify(known.intent) === JSON.stringify(intent)) return known.endpoint
  const inUse = new Set(
    [...rules.others(), ...wanted.ports()].flatMap(({ targets }) =>
      targets.flatMap((target) => (isOf(target, name, network) ? [] : [target.address])),
    ),
  )
  const isTaken = (address: string): boolean => inUse.has(address)
  const endpoint = await leases.transact((before) => {
    let state = before
    const changes: LeaseChange[] = []
    const found: { ip: string | null; ip6: string | null; mac: string | null } = {
      ip: null,
      ip6: null,
      mac: intent.mac,
    }
    for (const family of families) {
      const subnet = on.network[family]
      if (subnet === null) continue
      const step = acquireAddress(state, {
        on: { project, network },
        holder: { project, service: name, replica: 1 },
        subnet: subnet.subnet,
        gateway: subnet.gateway,
        ipRange: on.intent[family]?.ipRange ?? null,
        address: intent[family],
        isTaken,
        mac: found.mac,
      })
      state = step.state
      changes.push(...step.changes)
      found[family] = step.result.address
      // One MAC an endpoint, of its IPv4 address where it has one.
      found.mac ??= macFromAddress(step.result.address)
    }
    return { state, changes, result: found }
  })
  const leased: DesiredEndpoint = {
    service: name,
    replica: 1,
    network,
    ip: endpoint.ip,
    ip6: endpoint.ip6,
    mac: endpoint.mac ?? '',
  }
  await wanted.change([withEndpoint({ intent, endpoint: leased })])
  await wanted.sync()
  return leased
}

/** Gives the addresses of an endpoint up. Ports that lead to it are taken back before. */
export const releaseEndpoint = async (
  rules: LiveRules,
  leases: LeaseStore,
  network: string,
  name: string,
): Promise<void> => {
  const { project, wanted } = rules
  const known = wanted.endpoint(network, name)
  if (known === null) return
  await wanted.change([withoutEndpoint(network, name)])
  await leases.transact((before) => {
    let state = before
    const changes: LeaseChange[] = []
    for (const family of families) {
      const address = known.endpoint[family]
      if (address === null) continue
      const holder = { project, service: name, replica: 1 }
      const lease = {
        kind: 'address',
        on: { project, network },
        family,
        address,
        mac: '',
        holder,
        released: null,
      } as const
      const step = releaseLease(state, leaseKey(lease))
      state = step.state
      changes.push(...step.changes)
    }
    return { state, changes, result: null }
  })
}

const isOf = (
  target: DesiredMapping['targets'][number] | { readonly address: string },
  name: string,
  network: string,
): boolean => 'service' in target && target.service === name && target.network === network

const networkOf = ({ project, wanted }: LiveRules, name: string): WantedNetwork => {
  const found = wanted.network(name)
  if (found !== null) return found
  const known = wanted.networks().map(({ network }) => network.name)
  throw new InvalidRequestError(
    `project ${project} has no network ${JSON.stringify(name)}${known.length === 0 ? '' : ` (it has ${known.join(', ')})`}: make it with ensureNetwork first.`,
  )
}
