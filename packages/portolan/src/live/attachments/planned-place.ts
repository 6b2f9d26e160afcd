import {
  acquireAddress,
  type DesiredEndpoint,
  type EndpointMark,
  type EndpointOptions,
  findLease,
  type LeaseChange,
  type LeasedAddress,
  type LeaseHolder,
  type LeaseState,
  type LeaseStore,
  leasedSubnets,
  leaseKey,
  releaseLease,
  replicaName,
  revertLeases,
} from '@portolan/core'
import { attachedEndpoints, endpointIntent, subnetKey } from '@portolan/core/planning'
import {
  canonicalAddress,
  type Family,
  families,
  formatAddress,
  InvalidRequestError,
  macFromAddress,
  parseInterfaceAddress,
} from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'
import { bridgeOf, type OwnBridge } from '../networks/own-bridges.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { heldBy, holderOf } from './held-addresses.ts'
import type { EndpointPlace, PlaceSubnet } from './place.ts'
import { unleasedAddresses } from './unleased-addresses.ts'

/** The place of an endpoint on a network that a plan made. The lease store has its subnets and leases. */
export const plannedPlace = async (
  rules: LiveRules,
  { leases, readPeers }: Pick<LiveMachine, 'leases' | 'readPeers'>,
  asked: string,
  mark: EndpointMark,
): Promise<EndpointPlace> => {
  const state = await leases.read()
  const onParents = leasedSubnets(state).flatMap(({ project, network, parented }) =>
    parented === undefined ? [] : [`${project}/${network}`],
  )
  const wanted = asked.includes('/') ? asked : `${mark.project}/${mark.network}`
  const bridge = bridgeOf(rules.bridges, wanted, [...new Set(onParents)])
  const subnets = { ip: subnetOf(state, mark, 'ip', bridge), ip6: subnetOf(state, mark, 'ip6', bridge) }
  if (subnets.ip === null && subnets.ip6 === null)
    throw new InvalidRequestError({
      problem: `network ${mark.project}/${mark.network} is on this host, and no subnet is leased for it in this state directory.`,
      remedy: ({ elsewhere, apply }) =>
        elsewhere === null
          ? ''
          : `It was applied with another one: ${elsewhere}.${apply === null ? '' : ` Where that one was lost, ${apply} with the Compose file of the project leases what is up. Where its text is under a key, its watch does.`}`,
    })
  const known = heldBy(state, mark)
  const left = await unleasedAddresses(rules, readPeers, state, mark)
  return {
    mark,
    way: { kind: 'bridge' },
    subnets,
    isInternal: bridge.internal,
    known: known.length === 0 ? null : endpointOf(mark, known),
    formerMacs: [],
    lease: (options) =>
      take(
        rules,
        leases,
        mark,
        {
          subnets,
          ranges: noRanges,
          isTaken: (address) => left.has(address),
          isAttached: attachedOn(rules, state, mark),
        },
        options,
      ),
  }
}

const attachedOn = (
  { facts }: LiveRules,
  state: LeaseState,
  mark: EndpointMark,
): PickedFrom['isAttached'] => {
  const isAttached = attachedEndpoints(facts)
  const on = holderOf(state, mark)
  return (holder) => isAttached(on, holder)
}

const subnetOf = (
  state: LeaseState,
  { project, network }: EndpointMark,
  family: Family,
  { link }: OwnBridge,
): PlaceSubnet | null => {
  const lease = findLease(state, subnetKey(project, network, family))
  if (lease?.kind !== 'subnet') return null
  const has = (link.addresses ?? []).some(
    (text) => formatAddress(parseInterfaceAddress(text).address) === canonicalAddress(lease.gateway),
  )
  // In mode `isolated` the bridge has no address, so the network has no gateway.
  return { subnet: lease.subnet, gateway: has ? lease.gateway : null }
}

export const endpointOf = (
  { endpoint, network }: EndpointMark,
  held: readonly LeasedAddress[],
): DesiredEndpoint => {
  const inFamily = (family: Family): string | null =>
    held.find((lease) => lease.family === family)?.address ?? null
  const [first] = held
  const holder = first?.holder ?? { service: endpoint, replica: 1 }
  return {
    service: holder.service,
    replica: holder.replica,
    network,
    ip: inFamily('ip'),
    ip6: inFamily('ip6'),
    mac: first?.mac ?? '',
  }
}

/** The rules by which addresses of a planned network are picked. */
export interface PickedFrom {
  readonly subnets: Readonly<Record<Family, PlaceSubnet | null>>
  readonly ranges: Readonly<Record<Family, string | null>>
  readonly isTaken: (address: string, leases: LeaseState) => boolean
  /** Tells whether an endpoint has an interface on the network, as the host's links show. */
  readonly isAttached: (holder: LeaseHolder) => boolean
  /**
   * Tells whether an endpoint still has an interface with an address it gave up, when the host's links do not show it.
   */
  readonly isUp?: (leases: LeaseState, holder: LeaseHolder) => Promise<boolean>
}

const noRanges = { ip: null, ip6: null }

interface Acquired {
  readonly state: LeaseState
  readonly changes: readonly LeaseChange[]
  readonly result: { readonly held: readonly LeasedAddress[] }
}

/** Leases the addresses that an endpoint does not hold yet. */
export const take = async (
  rules: LiveRules,
  leases: LeaseStore,
  mark: EndpointMark,
  from: PickedFrom,
  options: EndpointOptions,
): ReturnType<EndpointPlace['lease']> => {
  const asked = endpointIntent(mark.endpoint, mark.network, options)
  const published = new Set(rules.others().flatMap(({ targets }) => targets.map(({ address }) => address)))
  const acquire = (before: LeaseState, isAttached: PickedFrom['isAttached']): Acquired =>
    acquireAll(before, mark, asked, {
      ...from,
      isTaken: (address, state) => published.has(address) || from.isTaken(address, state),
      isAttached,
    })
  const isAttached = await attachedHolders(leases, acquire, from)
  const { held, taken } = await leases.transact((before) => {
    const step = acquire(before, isAttached)
    return { ...step, result: { held: step.result.held, taken: step.changes } }
  })
  const leased = endpointOf(mark, held)
  return {
    endpoint: asked.mac === null ? leased : { ...leased, mac: asked.mac },
    // This leaves no record of the addresses. A record is for an address that may be on an interface, and this endpoint
    // has none.
    release: async () => {
      if (taken.length > 0) await leases.transact((now) => revertLeases(now, taken))
    },
  }
}

/**
 * Finds the holders that are still attached with an address they gave up. When only the kernel can tell, it is asked
 * only about holders whose address would be given away.
 */
const attachedHolders = async (
  leases: LeaseStore,
  acquire: (before: LeaseState, isAttached: PickedFrom['isAttached']) => Acquired,
  { isAttached, isUp }: PickedFrom,
): Promise<PickedFrom['isAttached']> => {
  if (isUp === undefined) return isAttached
  const before = await leases.read()
  const known = new Map<string, boolean>()
  for (;;) {
    const open: LeaseHolder[] = []
    const isKnownUp: PickedFrom['isAttached'] = (holder) => {
      const found = known.get(JSON.stringify(holder))
      if (found === undefined) open.push(holder)
      return found ?? false
    }
    acquire(before, isKnownUp)
    const [holder] = open
    if (holder === undefined) return isKnownUp
    known.set(JSON.stringify(holder), await isUp(before, holder))
  }
}

const acquireAll = (
  before: LeaseState,
  mark: EndpointMark,
  asked: ReturnType<typeof endpointIntent>,
  { subnets, ranges, isTaken, isAttached }: PickedFrom,
): Acquired => {
  const { project, endpoint: service } = mark
  let state = before
  const on = holderOf(before, mark)
  let { mac } = asked
  const changes: LeaseChange[] = []
  const held: LeasedAddress[] = []
  const own = heldBy(before, mark)
  for (const family of families) {
    const subnet = subnets[family]
    if (subnet === null) continue
    const has = own.find((lease) => lease.family === family)
    if (has !== undefined) {
      refuseOther(has, asked[family])
      held.push(has)
      mac ??= has.mac
      continue
    }
    const step = acquireAddress(state, {
      on,
      holder: { project, service, replica: 1 },
      ...{ subnet: subnet.subnet, gateway: gatewayOf(before, mark, family), ipRange: ranges[family] },
      ...{ address: asked[family], mac },
      isTaken: (address) => isTaken(address, before),
      isAttached,
    })
    state = step.state
    changes.push(...step.changes)
    held.push(step.result)
    mac ??= macFromAddress(step.result.address)
  }
  return { state, changes, result: { held } }
}

/** The gateway's address, which is never leased, whether or not the bridge has it. */
const gatewayOf = (state: LeaseState, { project, network }: EndpointMark, family: Family): string | null => {
  const lease = findLease(state, subnetKey(project, network, family))
  if (lease?.kind !== 'subnet') return null
  return lease.parented === undefined ? lease.gateway : lease.parented.router
}

const refuseOther = ({ address, holder }: LeasedAddress, asked: string | null): void => {
  if (asked !== null && asked !== address)
    throw new InvalidRequestError(
      `${replicaName(holder)} has the address ${address}, and ${asked} is asked for: write that in the Compose file and apply it, or attach under another name.`,
    )
}

/** Releases addresses that no plan took. The addresses of a service belong to its plan. */
export const giveBack = async (leases: LeaseStore, taken: readonly LeasedAddress[]): Promise<void> => {
  if (taken.length === 0) return
  await leases.transact((before) => {
    let state = before
    const changes: LeaseChange[] = []
    for (const lease of taken) {
      const step = releaseLease(state, leaseKey(lease))
      state = step.state
      changes.push(...step.changes)
    }
    return { state, changes, result: null }
  })
}

/** Releases the addresses that an endpoint holds without a plan on a network that a plan made. */
export const releasePlanned = async (leases: LeaseStore, mark: EndpointMark): Promise<void> =>
  giveBack(
    leases,
    heldBy(await leases.read(), mark).filter(({ planned }) => planned !== true),
  )
