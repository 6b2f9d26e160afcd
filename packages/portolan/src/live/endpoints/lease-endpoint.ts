import {
  acquireAddress,
  type DesiredEndpoint,
  type DesiredMapping,
  type EndpointOptions,
  findLease,
  type LeaseChange,
  type LeaseState,
  type LeaseStore,
} from '@portolan/core'
import {
  addressKey,
  attachedEndpoints,
  endpointIntent,
  forgetHolder,
  releaseHolder,
  requestedName,
} from '@portolan/core/planning'
import { families, InvalidRequestError, macFromAddress, StaleStateError } from '@portolan/netfilter'
import { refuseUnknownOptions } from '@portolan/netfilter/schema'
import type { LiveRules } from '../rules/live-rules.ts'
import {
  type WantedEndpoint,
  type WantedNetwork,
  withEndpoint,
  withoutEndpoint,
} from '../wanted/wanted-state.ts'
import { noSuchFamily } from './no-such-family.ts'
import { refuseMac } from './refuse-mac.ts'

/** How often to lease an endpoint again when another program releases it just then. */
const ATTEMPTS = 25

/** Leases the addresses of an endpoint on a network of this project. A known endpoint gets the same addresses again. */
export const leaseEndpoint = async (
  rules: LiveRules,
  leases: LeaseStore,
  network: string,
  name: string,
  options: EndpointOptions,
): Promise<DesiredEndpoint> => {
  const { project, wanted } = rules
  requestedName(name, 'an endpoint')
  refuseUnknownOptions(options, ['ip', 'ip6', 'mac'], 'the options of an endpoint')
  const intent = endpointIntent(name, network, options)
  for (let attempt = 1; ; attempt += 1) {
    const on = networkOf(rules, network)
    const known = wanted.endpoint(network, name)
    if (known !== null && JSON.stringify(known.intent) === JSON.stringify(intent)) return known.endpoint
    refuseFamily(on, name, intent)
    const leased = await take(rules, leases, on, intent)
    try {
      await rules.writeDown(() => {
        networkOf(rules, network)
        return [withEndpoint({ intent, endpoint: leased })]
      })
      await wanted.sync()
    } catch (error) {
      // The disk is full, or another program removed the network meanwhile.
      await releaseLeases(rules, leases, network, name)
      throw error
    }
    // Another program may have released the lease before the endpoint was recorded.
    if (isHeld(await leases.read(), project, leased)) return leased
    if (attempt === ATTEMPTS)
      throw new StaleStateError(`Another program releases endpoint ${name} again and again`, {
        advice: 'call again',
      })
    await rules.writeDown(() =>
      wanted.endpoint(network, name) === null ? null : [withoutEndpoint(network, name)],
    )
  }
}

/** Refuses an address of a family that the network lacks. A requested address is given, or nothing is leased. */
const refuseFamily = ({ network }: WantedNetwork, name: string, asked: WantedEndpoint['intent']): void => {
  for (const family of families) {
    const address = asked[family]
    if (address !== null && network[family] === null) throw noSuchFamily(network.name, name, family, address)
  }
}

const take = async (
  rules: LiveRules,
  leases: LeaseStore,
  { network: on, intent: networkIntent }: WantedNetwork,
  { service: name, mac, ...addresses }: WantedEndpoint['intent'],
): Promise<DesiredEndpoint> => {
  const { project, wanted } = rules
  const network = on.name
  const inUse = new Set(
    [...rules.others(), ...wanted.ports()].flatMap(({ targets }) =>
      targets.flatMap((target) => (isEndpoint(target, name, network) ? [] : [target.address])),
    ),
  )
  // Another program may have attached an endpoint since the facts were read.
  if (addresses.ip !== null || addresses.ip6 !== null) await rules.readFacts()
  const isAttached = attachedEndpoints(rules.facts)
  const isTaken = (address: string): boolean => inUse.has(address)
  return leases.transact((before) => {
    if (mac !== null) refuseMac(rules, before, { project, network, endpoint: name }, mac)
    let state = before
    const changes: LeaseChange[] = []
    const found: { ip: string | null; ip6: string | null; mac: string | null } = { ip: null, ip6: null, mac }
    for (const family of families) {
      const subnet = on[family]
      if (subnet === null) continue
      const step = acquireAddress(state, {
        on: { project, network },
        holder: { project, service: name, replica: 1 },
        subnet: subnet.subnet,
        gateway: subnet.gateway,
        ipRange: networkIntent[family]?.ipRange ?? null,
        address: addresses[family],
        isTaken,
        isAttached: (one) => isAttached({ project, network }, one),
        mac: found.mac,
      })
      state = step.state
      changes.push(...step.changes)
      found[family] = step.result.address
      // An endpoint has one MAC for both families, derived from its IPv4 address if it has one.
      found.mac ??= macFromAddress(step.result.address)
    }
    return { state, changes, result: { service: name, replica: 1, network, ...found, mac: found.mac ?? '' } }
  })
}

const isHeld = (
  state: LeaseState,
  project: string,
  { network, service, ...leased }: DesiredEndpoint,
): boolean =>
  families.every((family) => {
    const address = leased[family]
    if (address === null) return true
    const lease = findLease(state, addressKey({ project, network }, family, address))
    return lease?.kind === 'address' && lease.released === null && lease.holder.service === service
  })

/**
 * Releases the addresses of an endpoint that is no longer wanted.
 * @param neverUsed - true: the addresses are not remembered as released
 */
export const releaseLeases = async (
  { project, wanted }: LiveRules,
  leases: LeaseStore,
  network: string,
  name: string,
  neverUsed = false,
): Promise<void> => {
  await leases.transact((before) => {
    // Another program may have leased the endpoint again meanwhile.
    if (wanted.endpoint(network, name) !== null) return { state: before, changes: [], result: null }
    const on = { project, network }
    const holder = { project, service: name, replica: 1 }
    return neverUsed ? forgetHolder(before, on, holder) : releaseHolder(before, on, holder)
  })
}

const isEndpoint = (
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
