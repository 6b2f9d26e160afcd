import {
  containsAddress,
  PortolanError,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixesOverlap,
} from '@portolan/netfilter'
import { checkSubnetLease } from './check-lease-request.ts'
import type { Lease, LeasedSubnet } from './lease.ts'
import { addressKey, leaseKey } from './lease-key.ts'
import { type LeaseState, type LeaseStep, leasesUnder } from './lease-state.ts'
import { stepOf, write } from './lease-step.ts'

/**
 * Leases a subnet to a network. If the network had another subnet, its addresses outside the new one lose their leases.
 *
 * @param options - `tolerate`: keys of leases that the subnet may overlap, because a person allowed it
 * @throws PortolanError `SUBNET_LEASED` when it overlaps the lease of another network
 * @throws ParseError when the subnet cannot be read
 * @example
 * acquireSubnet(emptyLeases, { kind: 'subnet', project: 'shop', network: 'web', family: 'ip',
 *   subnet: '172.17.0.0/16', gateway: '172.17.42.1', movedFrom: null })
 * @public @since 0.1.0
 */
export const acquireSubnet = (
  state: LeaseState,
  lease: LeasedSubnet,
  options: { readonly tolerate?: readonly string[] } = {},
): LeaseStep<LeasedSubnet> => {
  checkSubnetLease(lease, options)
  const prefix = parsePrefix(lease.subnet)
  const key = leaseKey(lease)
  const other = overlappingSubnets(state, lease).find(
    (one) => options.tolerate?.includes(leaseKey(one)) !== true,
  )
  if (other !== undefined)
    throw new PortolanError('SUBNET_LEASED', {
      problem: `${lease.subnet} cannot be leased to network ${lease.network}: it overlaps ${other.subnet}, which is leased to network ${other.network} of project ${other.project}.`,
      remedy: () => 'Take another subnet, or release that one.',
    })
  const space = addressKey({ project: lease.project, network: lease.network }, lease.family, '')
  const outside = leasesUnder(state, space).filter(
    (one) => one.kind === 'address' && !containsAddress(prefix, parseAddress(one.address)),
  )
  const gone = outside.map((one): readonly [string, Lease | null] => [leaseKey(one), null])
  return stepOf(write(state, [...gone, [key, lease]]), lease)
}

/**
 * The leases of other networks that a subnet overlaps.
 * @internal
 */
export const overlappingSubnets = (state: LeaseState, lease: LeasedSubnet): readonly LeasedSubnet[] => {
  const prefix = prefixOf(lease)
  const key = leaseKey(lease)
  // Overlaps are compared first: few subnets overlap, and building a key from names takes longer.
  return leasedSubnets(state).filter((one) => prefixesOverlap(prefixOf(one), prefix) && leaseKey(one) !== key)
}

/** Parsed prefixes, by lease. A lease never changes, and each of two hundred leases is compared with all the others. */
const prefixes = new WeakMap<LeasedSubnet, Prefix>()

const prefixOf = (lease: LeasedSubnet): Prefix => {
  const prefix = prefixes.get(lease) ?? parsePrefix(lease.subnet)
  prefixes.set(lease, prefix)
  return prefix
}

/**
 * Lists every leased subnet.
 * @example
 * leasedSubnets(state).map(({ subnet }) => subnet)
 * @public @since 0.1.0
 */
export const leasedSubnets = (state: LeaseState): readonly LeasedSubnet[] =>
  leasesUnder(state, 'subnet/').flatMap((lease) => (lease.kind === 'subnet' ? [lease] : []))
