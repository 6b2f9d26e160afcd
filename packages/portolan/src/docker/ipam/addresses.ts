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

/** The gateway of a pool holds its address under this name. */
export const gatewayHolder = 'gateway'

/** What RequestAddress gives back. */
export interface GivenAddress {
  readonly Address: string
  readonly Data: Readonly<Record<string, string>>
}

/** Leases an address of a pool: the one asked for, or the one that was never leased, or else was released longest ago. */
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
      // Docker does not say for what it asks: each address has a holder of its own.
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

/** What the network on a pool has: leases of the pool are lost with the state directory, and are on no bridge to be found. */
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

/** Docker keeps the gateway of a subnet whose bridge has none. */
const isIsolated = (host: DockerParts['host'], { family, subnet }: PoolId): boolean =>
  host
    .networks()
    .some(({ [family]: found }) => found !== null && found.subnet === subnet && found.gateway === null)

/** Gives up what a call leased. */
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
 * Leases the address that an endpoint has, where the pool is of this driver and has it no more: it was given up at a start
 * of this program, before any endpoint had it.
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
 * Docker keeps its pools itself. One that was given up here, because no address of it had been asked for or because the
 * state was removed, is leased again as long as nothing else has its subnet.
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

/** Gives an address up. One that is not leased is no error. */
export const releaseAddress = async (
  { host, leases, unused }: DockerParts,
  { PoolID, Address = '' }: AddressRequest,
): Promise<void> => {
  const { family, subnet } = readPoolId(PoolID)
  if (Address === '') throw new InvalidRequestError('Address is missing: expected the address to give up.')
  const address = canonicalAddress(Address)
  // Docker deletes an endpoint before it gives its address up: one that has it still was left by a killed call.
  const own = host.networks().filter((network) => network[family]?.subnet === subnet)
  for (const endpoint of host.endpoints())
    if (endpoint[family] === address && own.some(({ name }) => name === endpoint.network))
      await host.detach(endpoint.service, { network: endpoint.network })
  const key = addressKey({ project: dockerProject, network: poolNetwork(subnet) }, family, address)
  const isUnused = unused.delete(address)
  await leases.transact((before) => (isUnused ? putLeases(before, [[key, null]]) : releaseLease(before, key)))
}
