import {
  acquireSubnet,
  type LeasedAddress,
  type LeasedSubnet,
  type LeaseState,
  type LeaseStep,
  leasedSubnets,
  leaseKey,
  listLeases,
  planSubnets,
  releaseLease,
  subnetLeases,
} from '@portolan/core'
import { subnetKey } from '@portolan/core/planning'
import { readHost } from '@portolan/host'
import {
  type Family,
  formatPrefix,
  InvalidRequestError,
  PortolanError,
  parsePrefix,
} from '@portolan/netfilter'
import { namedBlocks } from '../../cluster/named-blocks.ts'
import { readConfig } from '../../config/read-config.ts'
import { addressSpace, type DockerParts, dockerProject } from '../docker-parts.ts'
import type { PoolRequest, RequestPoolRequest } from '../protocol/requests.ts'
import { ipamOptions } from './ipam-options.ts'
import { type PoolId, poolIdText, poolNetwork, readPoolId } from './pool-id.ts'
import { putLeases } from './put-leases.ts'

/** How often to pick another subnet when another program takes the picked one first. */
const ATTEMPTS = 25

/** The answer to RequestPool. */
export interface GivenPool {
  readonly PoolID: string
  readonly Pool: string
  readonly Data: Readonly<Record<string, string>>
}

/** Leases a subnet: the one asked for, or the first one without a collision. */
export const requestPool = async (
  { leases, stateDirectory }: DockerParts,
  request: RequestPoolRequest,
): Promise<GivenPool> => {
  const { AddressSpace = '', Pool = '', SubPool = '', V6 = false } = request
  if (AddressSpace !== '' && AddressSpace !== addressSpace)
    throw new InvalidRequestError(
      `the address space ${JSON.stringify(AddressSpace)} is not one of this driver, which has "${addressSpace}" on this host alone. Leave --ipam-driver portolan out of networks of a swarm.`,
    )
  const family: Family = V6 ? 'ip6' : 'ip'
  const { pools, size } = ipamOptions(
    request,
    family,
    await namedBlocks({ config: readConfig(), stateDirectory }),
  )
  const ipRange = SubPool === '' ? null : formatPrefix(parsePrefix(SubPool))
  const facts = await readHost()
  for (let attempt = 1; ; attempt += 1) {
    const state = await leases.read()
    const config = readConfig()
    const blocks = await namedBlocks({ config, stateDirectory })
    const wish = { network: 'of Docker', family, subnet: Pool === '' ? null : Pool, ipRange, size }
    const [planned] = planSubnets(facts, [wish], pools, {
      reserve: config.reserved,
      allow: config.allowed,
      blocks,
      leases: subnetLeases(state),
    })
    if (planned === undefined) throw new InvalidRequestError('no subnet was asked for.')
    const [overlap] = planned.overlaps
    if (overlap !== undefined)
      throw new InvalidRequestError(
        `the subnet ${planned.subnet} overlaps ${overlap.overlaps} (${overlap.detail}). Leave --subnet out to have one picked that overlaps nothing, or name another.`,
      )
    try {
      await leases.transact((before) => acquireSubnet(before, leaseOf(planned)))
      return { PoolID: poolIdText(planned.subnet, ipRange), Pool: planned.subnet, Data: {} }
    } catch (error) {
      const isLost = error instanceof PortolanError && error.code === 'SUBNET_LEASED'
      if (!isLost || Pool !== '' || attempt === ATTEMPTS) throw error
    }
  }
}

const leaseOf = ({
  family,
  subnet,
  gateway,
}: Pick<LeasedSubnet, 'family' | 'subnet' | 'gateway'>): LeasedSubnet => ({
  kind: 'subnet',
  project: dockerProject,
  network: poolNetwork(subnet),
  family,
  subnet,
  gateway,
  movedFrom: null,
})

/** Releases a subnet together with every address in it. */
export const releasePool = async (parts: DockerParts, { PoolID }: PoolRequest): Promise<void> => {
  const pool = readPoolId(PoolID)
  await removeLeft(parts, pool)
  await parts.leases.transact((before) => {
    const freed = releaseLease(before, subnetKey(dockerProject, poolNetwork(pool.subnet), pool.family))
    const rest = putLeases(
      freed.state,
      addressesOf(freed.state, pool).map((lease) => [leaseKey(lease), null]),
    )
    return { ...rest, changes: [...freed.changes, ...rest.changes], result: null }
  })
}

/** Removes networks on a pool that Docker releases. Docker has no network on it, so they were left by a killed call. */
const removeLeft = async ({ host }: DockerParts, { family, subnet }: PoolId): Promise<void> => {
  for (const left of host.networks().filter((network) => network[family]?.subnet === subnet)) {
    for (const { service } of host.endpoints().filter((one) => one.network === left.name))
      await host.detach(service, { network: left.name })
    await host.removeNetwork(left.name)
  }
}

/** The lease of a pool's subnet. Its holder is the pool, or the network that got the subnet. */
export const poolLease = (
  state: LeaseState,
  { family, subnet }: Pick<PoolId, 'family' | 'subnet'>,
): LeasedSubnet | null =>
  leasedSubnets(state).find(
    (lease) => lease.project === dockerProject && lease.family === family && lease.subnet === subnet,
  ) ?? null

/**
 * Moves the lease of a subnet from a pool to its network, or back, in one step, so that no other program gets it in
 * between. The addresses stay leased on the pool, so only the lease of the subnet is deleted: `releaseLease` would
 * release the addresses with it.
 */
export const handOver = (state: LeaseState, from: string, lease: LeasedSubnet): LeaseStep<null> => {
  const given = putLeases(state, [[subnetKey(dockerProject, from, lease.family), null]])
  const taken = acquireSubnet(given.state, lease)
  return { state: taken.state, changes: [...given.changes, ...taken.changes], result: null }
}

/** The leased and released addresses of a pool. Docker asks for the gateway's address first and keeps it to the end. */
export const addressesOf = (
  state: LeaseState,
  { family, subnet }: Pick<PoolId, 'family' | 'subnet'>,
): readonly LeasedAddress[] =>
  listLeases(state).flatMap((lease) =>
    lease.kind === 'address' &&
    lease.family === family &&
    lease.on.project === dockerProject &&
    lease.on.network === poolNetwork(subnet)
      ? [lease]
      : [],
  )
