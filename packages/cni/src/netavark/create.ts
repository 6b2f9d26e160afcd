import { blockPools, bridgeName, bridgeNetwork, podmanProject, subnetLeases } from '@portolan/core'
import { interfaceNameFault } from '@portolan/core/planning'
import { defaultStateDirectory, readNetworkFacts } from '@portolan/host'
import { InvalidRequestError } from '@portolan/netfilter'
import {
  openLeaseStore,
  parsePool,
  planSubnets,
  readConfig,
  readHost,
  type SubnetPlan,
  type SubnetRequest,
} from 'portolan'
import { blocksHere } from '../attachment/blocks-here.ts'
import { warnUnchecked } from '../attachment/warn-unchecked.ts'
import { driverOptions } from './driver-options.ts'
import type { PodmanNetwork, PodmanSubnet } from './read-input.ts'
import { wording } from './wording.ts'

/**
 * Completes a network that Podman is about to store: adds the name of its bridge, and subnets that collide with
 * nothing. Nothing is created and nothing is leased, because no verb tells when a network is removed. Podman's file of
 * the network keeps other networks away from the subnet.
 *
 * @throws InvalidRequestError for options that this driver does not have, and for a subnet that overlaps something
 */
export const create = async (
  network: PodmanNetwork,
  warn: (text: string) => void,
): Promise<PodmanNetwork> => {
  refuseUnserved(network)
  await refuseBridge(network)
  const { conflicts } = driverOptions(network)
  const planned = await plannedSubnets(network)
  const overlaps = planned.map(overlapWords).filter((words) => words !== null)
  if (overlaps.length > 0) {
    const words = overlaps.join(' ')
    if (conflicts === 'error')
      throw new InvalidRequestError(
        `${words} Leave --subnet out to have a free one picked, or choose another. With --opt conflicts=warn the network is created all the same.`,
      )
    warn(words)
  }
  const subnetOf = (family: 'ip' | 'ip6') => planned.find((one) => one.family === family) ?? null
  const subnets = { name: network.name, ip: subnetOf('ip'), ip6: subnetOf('ip6') }
  await warnUnchecked(subnets, defaultStateDirectory(), warn)
  const servers = network.network_dns_servers ?? []
  return {
    ...network,
    network_interface: network.network_interface || bridgeName(podmanProject, network.name),
    subnets: planned.map(({ family, subnet, gateway }) => ({
      ...(network.subnets ?? []).find((one) => familyOf(one) === family),
      subnet,
      gateway,
    })),
    ipv6_enabled: planned.some(({ family }) => family === 'ip6'),
    // Netavark's nameserver knows only the containers on netavark's own bridges.
    dns_enabled: servers.length > 0,
    ipam_options: { driver: 'host-local' },
  }
}

const refuseUnserved = ({ ipam_options: ipam, routes, subnets }: PodmanNetwork): void => {
  // Podman sets this variable for programs that it starts in a user namespace.
  if ((process.env._CONTAINERS_ROOTLESS_UID ?? '0') !== '0')
    throw new InvalidRequestError(
      'Rootless Podman has no access to the network of this host, which the driver portolan works on: run podman as root, or use another driver.',
    )
  const driver = ipam?.driver ?? ''
  if (driver !== '' && driver !== 'host-local')
    throw new InvalidRequestError(
      `--ipam-driver ${driver} is not one of the driver portolan, whose containers have addresses of the network's subnet. Leave it out.`,
    )
  if ((routes ?? []).length > 0)
    throw new InvalidRequestError('The driver portolan adds no routes inside containers: leave --route out.')
  for (const family of ['ip', 'ip6'] as const) {
    const named = (subnets ?? []).filter((one) => familyOf(one) === family)
    if (named.length > 1)
      throw new InvalidRequestError(
        `The subnets ${named.map(({ subnet }) => subnet).join(' and ')} are given: a network of the driver portolan has one of each family.`,
      )
  }
}

/** Refuses the name of a bridge that an interface already has, unless the interface belongs to Podman's project. */
const refuseBridge = async ({ name, network_interface: bridge }: PodmanNetwork): Promise<void> => {
  if (!bridge) return
  const fault = interfaceNameFault(bridge)
  if (fault !== null)
    throw new InvalidRequestError(
      `--interface-name ${JSON.stringify(bridge)} is a name that no interface can have: ${fault}.`,
    )
  const { interfaces = [] } = await readNetworkFacts()
  const holder = interfaces.find((link) => link.name === bridge)
  if (holder === undefined || bridgeNetwork(holder)?.project === podmanProject) return
  throw new InvalidRequestError(
    `The bridge of network ${name} should be called ${bridge}, and an interface of that name is on this host, which Portolan did not make for Podman. Choose another name with --interface-name, or leave it out.`,
  )
}

const familyOf = ({ subnet }: PodmanSubnet): 'ip' | 'ip6' => (subnet.includes(':') ? 'ip6' : 'ip')

const plannedSubnets = async (network: PodmanNetwork): Promise<readonly SubnetPlan[]> => {
  const { name, subnets, ipv6_enabled: has6 = false } = network
  const { pool } = driverOptions(network)
  const config = readConfig()
  const directory = defaultStateDirectory()
  const blocks = await blocksHere(config, directory)
  const settled = (config.pools ?? [])
    .map(parsePool)
    .filter(({ entries }) =>
      entries.some(({ prefix }) => blocks === null || blockPools(blocks, prefix.family) === null),
    )
  const pools = pool?.split(/[\s,]+/).map(poolNamed) ?? settled
  const given = (family: 'ip' | 'ip6') => (subnets ?? []).find((one) => familyOf(one) === family)
  const requests = (['ip', 'ip6'] as const).flatMap((family): readonly SubnetRequest[] => {
    const own = given(family)
    // An IPv6 subnet alone makes a network of IPv6 only. With `--ipv6` Podman asks for both families.
    if (own === undefined && (family === 'ip' ? given('ip6') !== undefined && !has6 : !has6)) return []
    return [{ network: name, family, subnet: own?.subnet ?? null, gateway: own?.gateway ?? null }]
  })
  if (pool !== undefined && requests.every(({ subnet }) => subnet !== null))
    throw new InvalidRequestError(
      '--opt pool has no use beside --subnet, which says it already: give one of the two.',
    )
  const store = openLeaseStore(directory)
  try {
    return planSubnets(await readHost(), requests, pools, {
      project: podmanProject,
      reserve: config.reserved,
      allow: config.allowed,
      blocks,
      wording,
      leases: subnetLeases(await store.read()),
    })
  } finally {
    await store.close()
  }
}

const poolNamed = (text: string): ReturnType<typeof parsePool> => {
  try {
    return parsePool(text)
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error
    throw new InvalidRequestError(`--opt pool: ${error.message}`, { cause: error })
  }
}

const overlapWords = ({ subnet, network, overlaps }: SubnetPlan): string | null =>
  overlaps.length === 0
    ? null
    : `The subnet ${subnet} of network ${network} overlaps ${overlaps.map((one) => `${one.overlaps}: ${one.detail}`).join('; and ')}.`
