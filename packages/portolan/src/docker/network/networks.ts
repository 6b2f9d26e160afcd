import { type LeaseChange, type LeasedSubnet, leasedSubnets, planSubnets } from '@portolan/core'
import { uncheckedSubnetNotes } from '@portolan/core/planning'
import { readDockerNetworks } from '@portolan/host'
import { canonicalAddress, type Family, formatPrefix, PortolanError, parsePrefix } from '@portolan/netfilter'
import { namedBlocks } from '../../cluster/named-blocks.ts'
import { readConfig } from '../../config/read-config.ts'
import { addressSpace, type DockerParts, dockerProject, nameOf } from '../docker-parts.ts'
import { poolNetwork } from '../ipam/pool-id.ts'
import { addressesOf, handOver } from '../ipam/pools.ts'
import type { CreateNetworkRequest, NetworkRequest, PoolData } from '../protocol/requests.ts'
import { networkOptions } from './network-options.ts'

/** Creates a network of Docker, or repairs it: its bridge is up and its rules are in force afterwards. */
export const createNetwork = async (parts: DockerParts, request: CreateNetworkRequest): Promise<void> => {
  const { host, leases, stateDirectory, report } = parts
  const name = nameOf(request.NetworkID)
  const options = networkOptions(request, (text) => report(`network ${name}: ${text}.`))
  const pools = poolsOf(request)
  for (const pool of pools) await removeLeftOn(parts, name, pool)
  const isNew = host.networks().every((network) => network.name !== name)
  for (const pool of pools.filter(({ isOurs }) => isOurs))
    await leases.transact((state) => handOver(state, poolNetwork(pool.subnet), leaseOf(name, pool)))
  try {
    const made = await host.ensureNetwork(name, options)
    for (const note of await notesOn(made, stateDirectory)) report(note)
  } catch (error) {
    if (isNew) await removeNetwork(parts, name)
    throw error
  }
}

/**
 * Notes on a network's subnets. A damaged file becomes a note and is no failure, because the network exists by then.
 */
const notesOn = async (
  network: Parameters<typeof uncheckedSubnetNotes>[0][number],
  stateDirectory: string,
): Promise<readonly string[]> => {
  try {
    return uncheckedSubnetNotes([network], await namedBlocks({ config: readConfig(), stateDirectory }))
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
    return [error.message]
  }
}

/** Removes a network. A missing network is no error. */
export const deleteNetwork = (parts: DockerParts, { NetworkID }: NetworkRequest): Promise<void> =>
  removeNetwork(parts, nameOf(NetworkID))

/** A subnet that Docker gives a network, from any IPAM driver. */
interface NetworkPool {
  readonly family: Family
  readonly subnet: string
  readonly gateway: string | null
  readonly isOurs: boolean
}

const poolsOf = ({ IPv4Data, IPv6Data }: CreateNetworkRequest): readonly NetworkPool[] =>
  [poolOf('ip', IPv4Data?.[0]), poolOf('ip6', IPv6Data?.[0])].flatMap((pool) => pool ?? [])

const poolOf = (family: Family, data: PoolData | undefined): NetworkPool | null => {
  const { AddressSpace, Pool = '', Gateway = '' } = data ?? {}
  if (Pool === '') return null
  return {
    family,
    subnet: formatPrefix(parsePrefix(Pool)),
    gateway: Gateway === '' ? null : addressIn(Gateway),
    isOurs: AddressSpace === addressSpace,
  }
}

const addressIn = (text: string): string => canonicalAddress(text.split('/')[0] ?? '')

/** Marked as planned, so that the plan that removes the network releases the subnet too. */
const leaseOf = (network: string, { family, subnet, gateway }: NetworkPool): LeasedSubnet => ({
  kind: 'subnet',
  project: dockerProject,
  network,
  family,
  subnet,
  gateway: gateway ?? planSubnets({}, [{ network, family, subnet }])[0]?.gateway ?? '',
  movedFrom: null,
  planned: true,
})

/**
 * Removes networks of killed calls from the subnet of a new network. An IPAM driver gives a subnet to one network at a
 * time, so another network on a subnet of this driver was left behind. Docker's own IPAM driver does not know the
 * subnets of other drivers. A network on a pool of this driver stays until Docker releases the pool, and the new
 * network is refused. When the leases of that pool were lost with the state directory, Docker's database still has the
 * network. When the database cannot be read, no network is removed.
 */
const removeLeftOn = async (parts: DockerParts, name: string, pool: NetworkPool): Promise<void> => {
  const { family, subnet, isOurs } = pool
  const left = parts.host
    .networks()
    .filter((network) => network.name !== name && network[family]?.subnet === subnet)
  if (left.length === 0) return
  const held = addressesOf(await parts.leases.read(), pool).some(({ released }) => released === null)
  if (held && !isOurs) return
  // Docker writes a network to its database once CreateNetwork is answered.
  const known = readDockerNetworks()
  for (const network of left)
    if (known === null)
      parts.report(
        `network ${network.name} is on ${subnet}, and stays: Docker's database could not be read, so it is not known whether Docker has it.`,
      )
    else if (!known.some(({ own }) => own?.project === dockerProject && own.network === network.name))
      await removeNetwork(parts, network.name)
}

const removeNetwork = async ({ host, leases }: DockerParts, name: string): Promise<void> => {
  // Docker never deletes a network with a container on it, so these endpoints were left by killed calls.
  for (const { service } of host.endpoints().filter((one) => one.network === name))
    await host.detach(service, { network: name })
  const held = leasedSubnets(await leases.read()).filter(
    (lease) => lease.project === dockerProject && lease.network === name,
  )
  await host.removeNetwork(name)
  // Docker keeps the pool until ReleasePool, so the subnet goes back to the pool.
  await leases.transact((before) => {
    let state = before
    const changes: LeaseChange[] = []
    for (const { planned: _planned, ...lease } of held) {
      if (addressesOf(state, lease).every(({ released }) => released !== null)) continue
      const step = handOver(state, name, { ...lease, network: poolNetwork(lease.subnet) })
      state = step.state
      changes.push(...step.changes)
    }
    return { state, changes, result: null }
  })
}
