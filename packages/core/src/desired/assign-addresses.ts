import { canonicalAddress, type Family, macFromAddress } from '../address/index.ts'
import { IntentError, PortolanError } from '../error/index.ts'
import type { EndpointIntent, Intent, IntentNote } from '../intent/index.ts'
import { boundsOf, isInBounds } from '../lease/bounds.ts'
import {
  acquireAddress,
  findLease,
  type LeasedAddress,
  type LeasingNetwork,
  leaseKey,
  listLeases,
  releaseLease,
} from '../lease/index.ts'
import { addressHolderKey, addressKey } from '../lease/lease-key.ts'
import { leaseOf } from '../lease/lease-state.ts'
import type { AddressUse } from './address-use.ts'
import { checkChoice } from './check-choice.ts'
import type { DesiredEndpoint, DesiredNetwork, DesiredSubnet } from './desired-state.ts'
import type { PublishedPort } from './expand-mappings.ts'
import type { LeaseDraft } from './lease-draft.ts'
import { replicaName } from './mapping-label.ts'

/** @internal */
export interface AssignedAddresses {
  readonly endpoints: readonly DesiredEndpoint[]
  readonly notes: readonly IntentNote[]
}

/** One endpoint's wish for an address of one family. */
export interface AddressWish {
  readonly endpoint: EndpointIntent
  readonly on: LeasingNetwork
  readonly family: Family
  readonly subnet: DesiredSubnet
  readonly ipRange: string | null
  /** Canonical; null: any. */
  readonly fixed: string | null
  readonly holderKey: string
}

/**
 * Gives every endpoint its addresses: static ones first, so that they go to no other; then to those that have one, or
 * had one last, their own; then the lowest that is free, in the order of the intent. So an endpoint that comes or goes
 * moves no other. An address that a published port of another project leads to is in use.
 *
 * @param leasingNetwork - whose network it is, as leases know it
 * @param uses - of external networks whose bridge is not ours: what is known of their addresses
 * @throws PortolanError `SUBNET_EXHAUSTED` when a subnet has no address left
 * @throws IntentError when a static address is somebody else's
 * @internal
 */
export const assignAddresses = (
  intent: Intent,
  networks: readonly DesiredNetwork[],
  leasingNetwork: (network: DesiredNetwork) => LeasingNetwork,
  leases: LeaseDraft,
  others: readonly PublishedPort[],
  uses: ReadonlyMap<string, AddressUse>,
): AssignedAddresses => {
  const inUse = new Set(others.flatMap(({ targets }) => targets.map(({ address }) => address)))
  const isTaken = (address: string): boolean => inUse.has(address)
  // One function for each network: a search for a free address goes on where it ended for the same function.
  const isTakenOn = new Map(
    [...uses].map(([name, use]) => [name, (address: string) => isTaken(address) || use.isTaken(address)]),
  )
  const byName = new Map(networks.map((network) => [network.name, network]))
  const wishes = (family: Family): readonly AddressWish[] =>
    intent.endpoints.flatMap((endpoint) => {
      const network = byName.get(endpoint.network)
      if (network === undefined) {
        throw new IntentError(
          `${endpoint.service} is on network ${endpoint.network}, which is not defined`,
          endpoint.place,
        )
      }
      const subnet = network[family]
      if (subnet === null) return []
      const on = leasingNetwork(network)
      const holderKey = addressHolderKey(on, family, { ...endpoint, project: intent.project })
      const fixed = endpoint[family] === null ? null : canonicalAddress(endpoint[family])
      const ipRange = intent.networks.find(({ name }) => name === network.name)?.[family]?.ipRange ?? null
      return [{ endpoint, on, family, subnet, ipRange, fixed, holderKey }]
    })
  const four = wishes('ip')
  const six = wishes('ip6')
  releaseUnwanted(intent.project, new Set([...four, ...six].map(({ holderKey }) => holderKey)), leases)

  const notes: IntentNote[] = []
  const given = new Map<EndpointIntent, { readonly ip: string | null; readonly ip6: string | null }>()
  const give = (wish: AddressWish): void => {
    const { endpoint, on, family, subnet, ipRange, fixed } = wish
    const use = uses.get(endpoint.network)
    if (use !== undefined) checkChoice(wish, use, leases.state)
    const known = given.get(endpoint) ?? { ip: null, ip6: null }
    const parts = use === undefined || ipRange !== null ? [ipRange] : use.parts(subnet.subnet)
    const { address } = firstWithRoom(parts, (part) =>
      leases.run((state) =>
        acquireAddress(state, {
          on,
          holder: { project: intent.project, service: endpoint.service, replica: endpoint.replica },
          subnet: subnet.subnet,
          gateway: subnet.gateway,
          ipRange: part,
          address: fixed,
          isTaken: isTakenOn.get(endpoint.network) ?? isTaken,
          planned: true,
          // One MAC an endpoint, of its IPv4 address where it has one.
          mac: endpoint.mac ?? (known.ip === null ? null : macFromAddress(known.ip)),
        }),
      ),
    )
    given.set(endpoint, { ...known, [family]: address })
  }
  for (const family of [four, six]) {
    const statics = family.filter(({ fixed }) => fixed !== null)
    notes.push(...makeWay(intent, statics, leases))
    const others = family.filter(({ fixed }) => fixed === null)
    const returning = new Set(others.filter(({ holderKey }) => leaseOf(leases.state, holderKey) !== null))
    for (const wish of [...statics, ...returning, ...others.filter((wish) => !returning.has(wish))])
      give(wish)
  }
  const endpoints = intent.endpoints.map((endpoint): DesiredEndpoint => {
    const { service, replica, network } = endpoint
    const { ip, ip6 } = given.get(endpoint) ?? { ip: null, ip6: null }
    return { service, replica, network, ip, ip6, mac: endpoint.mac ?? macFromAddress(ip ?? ip6 ?? '0.0.0.0') }
  })
  return { endpoints, notes }
}

/** The answer for the first part that has an address left. */
const firstWithRoom = <T>(parts: readonly (string | null)[], ask: (part: string | null) => T): T => {
  const [part = null, ...rest] = parts
  try {
    return ask(part)
  } catch (error) {
    const isFull = error instanceof PortolanError && error.code === 'SUBNET_EXHAUSTED'
    if (!isFull || rest.length === 0) throw error
    return firstWithRoom(rest, ask)
  }
}

/** What plans hold for endpoints of the project that are no longer wanted, in full subnets too, is free in this very plan. */
const releaseUnwanted = (project: string, wanted: ReadonlySet<string>, leases: LeaseDraft): void => {
  for (const lease of listLeases(leases.state)) {
    if (lease.kind !== 'address' || lease.released !== null || lease.holder.project !== project) continue
    // An orchestrator took it for an endpoint that no file names.
    if (lease.planned !== true) continue
    if (wanted.has(addressHolderKey(lease.on, lease.family, lease.holder))) continue
    leases.run((state) => releaseLease(state, leaseKey(lease)))
  }
}

/**
 * Takes static addresses from endpoints of the same project that were given them before anyone named them: what
 * the user writes wins over what was picked, and the plan says who moves. What an orchestrator leased for an endpoint
 * that no file names stays.
 */
const makeWay = (
  { project, endpoints }: Intent,
  statics: readonly AddressWish[],
  leases: LeaseDraft,
): readonly IntentNote[] => {
  const notes: IntentNote[] = []
  const claims = new Map<string, AddressWish>()
  for (const wish of statics) {
    const { endpoint, on, family, fixed, subnet } = wish
    if (fixed !== null && !isInBounds(boundsOf(subnet.subnet, subnet.gateway, null), fixed)) {
      throw new IntentError(
        `${replicaName(endpoint)} asks for ${fixed} on network ${endpoint.network}: ask for an address of ${subnet.subnet} that is not its network, broadcast or gateway address`,
        endpoint.place,
      )
    }
    const key = addressKey(on, family, fixed ?? '')
    const rival = claims.get(key)
    if (rival !== undefined && rival.holderKey !== wish.holderKey) {
      throw new IntentError(
        `${replicaName(endpoint)} and ${replicaName(rival.endpoint)} both ask for ${fixed} on network ${endpoint.network}: give one of them another address`,
        endpoint.place,
      )
    }
    claims.set(key, wish)
    const lease = findLease(leases.state, key)
    if (lease?.kind !== 'address' || lease.released !== null) continue
    if (addressHolderKey(on, family, lease.holder) === wish.holderKey) continue
    const { service, replica } = lease.holder
    const isMoved = endpoints.some((one) => one.service === service && one.replica === replica)
    if (lease.holder.project !== project || (lease.planned !== true && !isMoved)) {
      throw new IntentError(
        `${replicaName(endpoint)} asks for ${fixed} on network ${endpoint.network}, which is leased to ${replicaName(lease.holder)} of project ${lease.holder.project}: ask for another address`,
        endpoint.place,
      )
    }
    leases.run((state) => releaseLease(state, key))
    notes.push({ text: movedNote(lease, endpoint), place: endpoint.place })
  }
  return notes
}

const movedNote = ({ address, holder }: LeasedAddress, { service, network }: EndpointIntent): string =>
  `${replicaName(holder)} had ${address} on network ${network} and gets another address, because ${service} asks for ${address} by name.`
