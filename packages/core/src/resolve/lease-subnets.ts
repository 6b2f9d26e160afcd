import {
  type Family,
  formatPrefix,
  type HostFacts,
  parseInterfaceAddress,
  prefixAround,
} from '@portolan/netfilter'
import { parseBridgeAlias } from '../contract/index.ts'
import { overlappingSubnets } from '../lease/acquire-subnet.ts'
import { heldInSubnet } from '../lease/addresses-in-subnet.ts'
import {
  acquireSubnet,
  findLease,
  type Lease,
  type LeasedParent,
  type LeasedSubnet,
  type LeaseState,
  leasedSubnets,
  leaseKey,
  releaseLease,
} from '../lease/index.ts'
import { subnetKey } from '../lease/lease-key.ts'
import type { SubnetLease, SubnetPlan } from '../pool/index.ts'
import type { IsMoved } from './families-to-move.ts'
import type { LeaseDraft } from './lease-draft.ts'

const heldText = ({ subnet, gateway }: LeasedSubnet): string =>
  `${gateway}${subnet.slice(subnet.lastIndexOf('/'))}`

/**
 * Leased subnets as the subnet planner wants them. Those of a project's networks that are no longer wanted are not
 * among them: they are free in this very plan, unless an orchestrator took them.
 *
 * @param project - null: no project, so every lease has another holder
 * @example
 * planSubnets(facts, requests, pools, { leases: subnetLeases(state) })
 * @public @since 0.1.0
 */
export const subnetLeases = (
  state: LeaseState,
  project: string | null = null,
  wanted: ReadonlySet<string> = new Set(),
): readonly SubnetLease[] =>
  leasedSubnets(state)
    .filter((lease) => lease.project !== project || wanted.has(lease.network) || isOfOthers(state, lease))
    .map((lease) => ({ project: lease.project, network: lease.network, subnet: heldText(lease) }))

/** Is it a subnet that no plan may give up: it was not taken by one, or an address in it was not? */
const isOfOthers = (state: LeaseState, lease: LeasedSubnet): boolean =>
  lease.planned !== true || heldInSubnet(state, lease).some(({ planned }) => planned !== true)

/**
 * The subnet that the bridge of a network has.
 *
 * @returns null: there is no bridge; `none`: it has no address, though it is to have one
 */
const bridgeSubnet = (
  { interfaces }: HostFacts,
  project: string,
  network: string,
  family: Family,
): string | null => {
  let isBare = false
  for (const link of interfaces ?? []) {
    const owner = parseBridgeAlias(link.alias)
    if (owner?.project !== project || owner.network !== network) continue
    for (const text of link.addresses ?? []) {
      const { address, length } = parseInterfaceAddress(text)
      if (address.family === family && !text.toLowerCase().startsWith('fe80:'))
        return formatPrefix(prefixAround(address, length))
    }
    if (owner.isolated?.[family] === undefined) isBare = true
  }
  return isBare ? 'none' : null
}

/**
 * A move that took the lease of a subnet and was killed before the bridge had it.
 * @internal
 */
export interface UnfinishedMove {
  /** What the bridge had, as CIDR. */
  readonly from: string
  /** The bridge has no address any more, and the next one not yet; or it lost it since. */
  readonly isBare: boolean
  /** What is leased, as CIDR. */
  readonly to: string
  /** The same with the gateway: `10.0.42.1/16`. */
  readonly held: string
}

/**
 * The subnet that a network is on its way to. Null when the bridge tells the truth, as it does otherwise.
 * @internal
 */
export const unfinishedMove = (
  state: LeaseState,
  facts: HostFacts,
  project: string,
  network: string,
  family: Family,
): UnfinishedMove | null => {
  const lease = findLease(state, subnetKey(project, network, family))
  if (lease?.kind !== 'subnet' || lease.movedFrom === null) return null
  const now = bridgeSubnet(facts, project, network, family)
  return now === lease.movedFrom || now === 'none'
    ? { from: lease.movedFrom, to: lease.subnet, isBare: now === 'none', held: heldText(lease) }
    : null
}

/**
 * The subnet that a network had before, where its text names another one now: what was attached before has its address
 * there still.
 *
 * @param has - what its bridge has
 */
const formerSubnet = (known: Lease | null, subnet: string, has: string | null): string | null => {
  if (known?.kind !== 'subnet') return null
  if (known.subnet === subnet) return known.movedFrom
  const former = has ?? known.subnet
  return former === subnet ? null : former
}

/**
 * Leases the planned subnets to a project's networks, and gives up those of its other networks. A subnet that overlaps
 * another holder's lease is a conflict already, for a person to decide.
 *
 * @param isMoved - does a network get another subnet than the one that its bridge has?
 * @param parentOf - of a network on an interface: what it is there
 * @internal
 */
export const leaseSubnets = (
  project: string,
  plans: readonly SubnetPlan[],
  isMoved: IsMoved,
  facts: HostFacts,
  leases: LeaseDraft,
  parentOf: (plan: SubnetPlan) => LeasedParent | null = () => null,
): void => {
  const wanted = new Set(plans.map(({ network, family }) => subnetKey(project, network, family)))
  for (const lease of leasedSubnets(leases.state)) {
    const key = leaseKey(lease)
    if (lease.project !== project || wanted.has(key) || isOfOthers(leases.state, lease)) continue
    leases.run((state) => releaseLease(state, key))
  }
  for (const plan of plans) {
    const { network, family, subnet, gateway } = plan
    const parented = parentOf(plan)
    const known = findLease(leases.state, subnetKey(project, network, family))
    const found = bridgeSubnet(facts, project, network, family)
    const has = found === 'none' ? null : found
    const movedFrom = isMoved(network, family) ? has : formerSubnet(known, subnet, has)
    // A held subnet stays with its holder.
    const mark = known?.kind === 'subnet' && known.planned !== true ? {} : { planned: true as const }
    const lease: LeasedSubnet = {
      kind: 'subnet',
      project,
      network,
      family,
      subnet,
      gateway,
      movedFrom,
      ...(parented === null ? {} : { parented }),
      ...mark,
    }
    const tolerate = overlappingSubnets(leases.state, lease).map(leaseKey)
    leases.tolerate(tolerate)
    leases.run((state) => acquireSubnet(state, lease, { tolerate }))
  }
}
