import {
  acquireAddress,
  acquireSubnet,
  type LeaseState,
  type LeaseStep,
  planSubnets,
  releaseLease,
} from '@portolan/core'
import { addressKey, releaseHolder } from '@portolan/core/planning'
import { canonicalAddress, InvalidRequestError } from '@portolan/netfilter'
import { type DockerParts, dockerProject } from '../docker-parts.ts'
import type { AddressRequest } from '../protocol/requests.ts'
import { type PoolId, poolNetwork, readPoolId } from './pool-id.ts'
import { addressesOf, poolLease } from './pools.ts'
import { putLeases } from './put-leases.ts'

/** The option that asks for the address of a gateway: moby, libnetwork/ipamapi/contract.go `RequestAddressType`. */
const typeOption = 'RequestAddressType'
const gatewayType = 'com.docker.network.gateway'

/** The holder of the lease for a pool's gateway address. */
export const gatewayHolder = 'gateway'

/** The answer to RequestAddress. */
export interface GivenAddress {
  readonly Address: string
  readonly Data: Readonly<Record<string, string>>
}

/** Leases an address of a pool: the one asked for, or one that was never leased, or the one released longest ago. */
export const requestAddress = async (
  { host, leases }: DockerParts,
  { PoolID, Address = '', Options }: AddressRequest,
  id: string,
): Promise<GivenAddress> => {
  const pool = readPoolId(PoolID)
  const isGateway = Options?.[typeOption] === gatewayType
  const inUse = addressesInUse(host, pool)
  const hasNoGateway = isIsolated(host, pool)
  const address = await leases.transact((before) => {
    const known = withPool(before, pool)
    const wanted =
      Address !== '' ? Address : isGateway ? (poolLease(known.state, pool)?.gateway ?? null) : null
    const step = acquireAddress(known.state, {
      on: { project: dockerProject, network: poolNetwork(pool.subnet) },
      // Docker does not say what the address is for, so each address has its own holder.
      holder: {
        project: dockerProject,
        service: isGateway ? gatewayHolder : id,
        replica: 1,
      },
      subnet: pool.subnet,
      gateway: null,
      ipRange: wanted === null ? pool.ipRange : null,
      address: wanted,
      isTaken: (one) => inUse.has(one) || (hasNoGateway && one === poolLease(known.state, pool)?.gateway),
      mac: null,
    })
    return { ...step, changes: [...known.changes, ...step.changes], result: step.result.address }
  })
  return { Address: `${address}/${pool.length}`, Data: {} }
}

/**
 * The addresses in use on a pool's network. After a loss of the state directory the pool's leases are gone, and the
 * bridge does not show them either.
 */
const addressesInUse = (
  host: DockerParts['host'],
  { family, subnet }: PoolId,
): ReadonlySet<string | null> => {
  const networks = host.networks().filter((network) => network[family]?.subnet === subnet)
  const names = new Set(networks.map(({ name }) => name))
  return new Set([
    ...networks.map((network) => network[family]?.gateway ?? null),
    ...host.endpoints().flatMap((one) => (names.has(one.network) ? [one[family]] : [])),
  ])
}

/**
 * Tells whether the bridge of a pool's network has no gateway. Docker still keeps the gateway address of that subnet.
 */
const isIsolated = (host: DockerParts['host'], { family, subnet }: PoolId): boolean =>
  host
    .networks()
    .some(({ [family]: found }) => found !== null && found.subnet === subnet && found.gateway === null)

/** Releases the address that a call leased. */
export const giveBack = async (
  { leases }: DockerParts,
  { PoolID }: AddressRequest,
  id: string,
): Promise<void> => {
  const on = { project: dockerProject, network: poolNetwork(readPoolId(PoolID).subnet) }
  await leases.transact((state) =>
    releaseHolder(state, on, { project: dockerProject, service: id, replica: 1 }),
  )
}

/**
 * Leases the address of an endpoint when the pool belongs to this driver and no longer has the address. A start of this
 * program released the address, because no endpoint had it yet.
 */
export const keepAddress = async (
  { leases }: DockerParts,
  pool: Pick<PoolId, 'family' | 'subnet'>,
  address: string,
  holder: string,
): Promise<void> => {
  const on = { project: dockerProject, network: poolNetwork(pool.subnet) }
  await leases.transact((state) => {
    const held = addressesOf(state, pool).filter(({ released }) => released === null)
    if (held.length === 0 || held.some((lease) => lease.address === address))
      return { state, changes: [], result: null }
    const { subnet } = pool
    const wish = { on, subnet, gateway: null, ipRange: null, address, mac: null }
    const step = acquireAddress(state, {
      ...wish,
      holder: { project: dockerProject, service: holder, replica: 1 },
    })
    return { ...step, result: null }
  })
}

/**
 * Leases the subnet of a pool again when its lease is missing and nothing else has the subnet. Docker keeps its pools
 * itself. The lease was given up because no address was asked for, or was lost with the state directory.
 * @throws PortolanError `SUBNET_LEASED`
 */
const withPool = (state: LeaseState, pool: PoolId): LeaseStep<unknown> => {
  if (poolLease(state, pool) !== null) return { state, changes: [], result: null }
  const { family, subnet } = pool
  const network = poolNetwork(subnet)
  return acquireSubnet(state, {
    kind: 'subnet',
    project: dockerProject,
    network,
    family,
    subnet,
    gateway: planSubnets({}, [{ network, family, subnet }])[0]?.gateway ?? '',
    movedFrom: null,
  })
}

/** Releases an address. An address that is not leased is no error. */
export const releaseAddress = async (
  { host, leases, unused, givenUp }: DockerParts,
  { PoolID, Address = '' }: AddressRequest,
): Promise<void> => {
  const { family, subnet } = readPoolId(PoolID)
  if (Address === '') throw new InvalidRequestError('Address is missing: expected the address to give up.')
  const address = canonicalAddress(Address)
  const own = host.networks().filter((network) => network[family]?.subnet === subnet)
  const holders = host
    .endpoints()
    .filter((one) => one[family] === address && own.some(({ name }) => name === one.network))
  // A late call for an ended container, whose address the start of this program gave up and another container has now.
  if (givenUp.delete(address) && holders.length > 0) return
  // Docker deletes an endpoint before it releases its address. An endpoint that still has the address was left by a
  // killed call.
  for (const { service, network } of holders) await host.detach(service, { network })
  const key = addressKey({ project: dockerProject, network: poolNetwork(subnet) }, family, address)
  const isUnused = unused.delete(address)
  await leases.transact((before) => (isUnused ? putLeases(before, [[key, null]]) : releaseLease(before, key)))
}
