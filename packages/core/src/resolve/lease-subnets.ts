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
 * Lists leased subnets in the form that `planSubnets` takes. Subnets of the project's unwanted networks are left out:
 * this plan may use them, unless an orchestrator took them.
 *
 * @param project - null: no project, so every lease belongs to another holder
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
    .filter(
      (lease) => lease.project !== project || wanted.has(lease.network) || isTakenOutsidePlans(state, lease),
    )
    .map((lease) => ({ project: lease.project, network: lease.network, subnet: heldText(lease) }))

/** Is it a subnet that no plan may release? Then something else than a plan took it, or took an address in it. */
const isTakenOutsidePlans = (state: LeaseState, lease: LeasedSubnet): boolean =>
  lease.planned !== true || heldInSubnet(state, lease).some(({ planned }) => planned !== true)

/**
 * The subnet that the bridge of a network has.
 *
 * @returns null: there is no bridge; `none`: the bridge has no address, though it should have one
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
 * A move that leased a new subnet, and was killed before the bridge had it.
 * @internal
 */
export interface UnfinishedMove {
  /** The subnet that the bridge had, as CIDR. */
  readonly from: string
  /** The bridge has lost its old address and has no new one, or has lost its address since. */
  readonly isBare: boolean
  /** The leased subnet, as CIDR. */
  readonly to: string
  /** The leased subnet with its gateway: `10.0.42.1/16`. */
  readonly held: string
}

/**
 * The move of a network that was cut off, with its new subnet. Null: none was, and the bridge has the subnet that
 * counts.
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
 * The former subnet of a network whose file names another one now. Endpoints that were attached before still have
 * addresses there.
 *
 * @param has - the subnet that its bridge has; null: none
 */
const formerSubnet = (known: Lease | null, subnet: string, has: string | null): string | null => {
  if (known?.kind !== 'subnet') return null
  if (known.subnet === subnet) return known.movedFrom
  const former = has ?? known.subnet
  return former === subnet ? null : former
}

/**
 * Leases the planned subnets to a project's networks, and releases those of its other networks. A subnet that overlaps
 * another holder's lease is leased all the same: the plan reports that as a conflict, for a person to decide.
 *
 * @param isMoved - does a network get another subnet than the one that its bridge has?
 * @param parentOf - the facts of a network on an interface; null: it has a bridge
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
    if (lease.project !== project || wanted.has(key) || isTakenOutsidePlans(leases.state, lease)) continue
    leases.run((state) => releaseLease(state, key))
  }
  for (const plan of plans) {
    const { network, family, subnet, gateway } = plan
    const parented = parentOf(plan)
    const known = findLease(leases.state, subnetKey(project, network, family))
    const found = bridgeSubnet(facts, project, network, family)
    const has = found === 'none' ? null : found
    const movedFrom = isMoved(network, family) ? has : formerSubnet(known, subnet, has)
    // A held subnet keeps the mark of its first taker.
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
