import {
  type AddressCount,
  countAddresses,
  countSubnets,
  type DesiredMapping,
  type DesiredNetwork,
  type DesiredState,
  type DesiredSubnet,
  leasedSubnets,
  type Pool,
  type SubnetCount,
} from '@portolan/core'
import { accountsFlows, type FlowMeter, type FlowTotal } from '@portolan/host'
import { containsPrefix, type Family, PortolanError, parsePrefix } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import type { WatchRecord } from './watch-record.ts'

/** The metrics of a watched project at one moment. */
export interface ProjectMetrics {
  readonly project: string
  readonly backend: Backend
  readonly record: WatchRecord
  readonly mappings: readonly MappingMetrics[]
  /** Does the kernel count packets and bytes of connections that begin now? */
  readonly accounting: boolean
  /** Empty where no leases are kept. */
  readonly networks: readonly NetworkMetrics[]
  readonly pools: readonly PoolMetrics[]
}

export interface MappingMetrics {
  readonly mapping: DesiredMapping
  readonly total: FlowTotal
}

export interface NetworkMetrics {
  readonly network: string
  readonly family: Family
  readonly subnet: string
  /** The pool to which the subnet belongs; null: none. */
  readonly pool: string | null
  readonly addresses: AddressCount
}

export interface PoolMetrics {
  readonly pool: string
  readonly subnets: SubnetCount
}

/**
 * Reads the metrics of a watched project. This reads the conntrack table once, and the leases. Everything else is known
 * already.
 *
 * @param pools - the pools from which subnets are picked
 * @throws PortolanError `NOT_READY` before anything is watched
 */
export const readProjectMetrics = async (
  record: WatchRecord,
  meter: FlowMeter,
  pools: readonly Pool[],
): Promise<ProjectMetrics> => {
  const { held } = record
  if (held === null)
    throw new PortolanError('NOT_READY', 'The project is not watched yet: ask again in a moment.')
  const desired = held.desired()
  const mappings = (desired?.mappings ?? []).filter(({ kind }) => kind === 'nat')
  const totals = await meter.read(mappings)
  const leases = await held.leases()
  const ofNetworks = subnetsOf(desired)
  const counts = leases === null ? [] : countAddresses(leases, ofNetworks)
  const leased = leases === null ? [] : leasedSubnets(leases).map(({ subnet }) => subnet)
  return {
    project: held.project,
    backend: held.backend,
    record,
    mappings: mappings.flatMap((mapping, at) => {
      const total = totals[at]
      return total === undefined ? [] : [{ mapping, total }]
    }),
    accounting: accountsFlows(),
    networks: ofNetworks.flatMap(({ name, family, subnet }, at) => {
      const addresses = counts[at]
      return addresses === undefined
        ? []
        : [{ network: name, family, subnet, pool: poolOf(subnet, pools), addresses }]
    }),
    pools:
      leases === null ? [] : pools.map((pool) => ({ pool: pool.name, subnets: countSubnets(pool, leased) })),
  }
}

const subnetsOf = (desired: DesiredState | null) =>
  (desired?.networks ?? []).flatMap((network) =>
    (['ip', 'ip6'] as const).flatMap((family) => subnetOf(network, family)),
  )

const subnetOf = ({ name, ...network }: DesiredNetwork, family: Family) => {
  const one: DesiredSubnet | null = network[family]
  return one === null ? [] : [{ name, family, subnet: one.subnet, gateway: one.gateway }]
}

/** The first pool that picks such a subnet. */
const poolOf = (subnet: string, pools: readonly Pool[]): string | null => {
  const prefix = parsePrefix(subnet)
  const found = pools.find(({ entries }) =>
    entries.some((entry) => entry.size === prefix.length && containsPrefix(entry.prefix, prefix)),
  )
  return found?.name ?? null
}
