import {
  endpointPortName,
  type LeaseChange,
  leasedSubnets,
  leaseKey,
  listLeases,
  releaseLease,
} from '@portolan/core'
import { families, messageFor } from '@portolan/netfilter'
import { type DockerParts, dockerProject } from './docker-parts.ts'
import { gatewayHolder } from './ipam/addresses.ts'
import { isPoolNetwork, poolNetwork } from './ipam/pool-id.ts'
import { wording } from './wording.ts'

/**
 * Restores what the networks of Docker need, because dockerd does not create them again after a boot of the host. Also
 * releases the leases of calls that were killed before dockerd got the answer, and the endpoints of ended containers.
 *
 * @param joining - the endpoints for which dockerd repeats the call of Join
 */
export const restore = async (parts: DockerParts, joining: ReadonlySet<string>): Promise<void> => {
  const { host, report } = parts
  await detachEnded(parts, joining)
  await releaseUnused(parts)
  for (const { name } of host.networks()) {
    try {
      await host.ensureNetwork(name)
    } catch (error) {
      // A failure must not stop the other networks.
      report(`network ${name} could not be brought back: ${messageFor(error, wording)}`)
    }
  }
}

/**
 * Detaches the endpoints of containers that ended while this program served no call. dockerd gives up after a while and
 * does not ask again. It has then moved the interface back to the host, or the interface goes with its namespace.
 * An interface on the host that never carried a packet belongs to a container that is just starting: dockerd moves it
 * next. An endpoint without an interface may be just starting too, before its first Join, and `join` takes it up again.
 */
const detachEnded = async (parts: DockerParts, joining: ReadonlySet<string>): Promise<void> => {
  const { host, report, givenUp } = parts
  for (const ended of host.endpoints()) {
    const { network, service: endpoint } = ended
    const what = (end: 'possible' | 'certain'): string =>
      end === 'certain'
        ? `the container of endpoint ${endpoint} of network ${network} ended while this plugin did not serve Docker`
        : `the container of endpoint ${endpoint} of network ${network} has no interface, as it ended while this plugin did not serve Docker, or is just starting`
    const end = await endOf(parts, { network, endpoint }, joining)
    if (end === 'none') continue
    try {
      await host.detach(endpoint, { network })
      for (const address of [ended.ip, ended.ip6]) if (address !== null) givenUp.set(address, ended)
      report(
        `${what(end)}: its addresses and ports are free ${end === 'certain' ? 'again' : 'until Docker calls for it'}.`,
      )
    } catch (error) {
      report(`${what(end)}, and what is left of it could not be removed: ${messageFor(error, wording)}`)
    }
  }
}

/** Did the container of an endpoint end? Without an interface it may also be one that Docker joins next. */
const endOf = async (
  { links }: DockerParts,
  { network, endpoint }: { readonly network: string; readonly endpoint: string },
  joining: ReadonlySet<string>,
): Promise<'none' | 'possible' | 'certain'> => {
  const link = await links.readEndpointLink(endpointPortName({ project: dockerProject, network, endpoint }))
  if (link === null) return joining.has(endpoint) ? 'none' : 'possible'
  if (link.namespace === null) return link.hasCarried ? 'certain' : 'none'
  // The kernel takes the interfaces of a namespace away some time after its end.
  return (await links.hasNamespace(link.namespace)) ? 'none' : 'certain'
}

/**
 * Releases addresses that no endpoint has, and pools without a leased address. A pool in use has at least its gateway's
 * address. When another driver makes the network, this program does not know its endpoints, so every address is kept.
 */
const releaseUnused = async ({ host, leases }: DockerParts): Promise<void> => {
  const networks = host.networks()
  const used = new Set(host.endpoints().flatMap(({ ip, ip6 }) => [ip, ip6]))
  const own = new Set(
    networks.flatMap((network) =>
      families.flatMap((family) => {
        const subnet = network[family]?.subnet
        return subnet === undefined ? [] : [poolNetwork(subnet)]
      }),
    ),
  )
  await leases.transact((before) => {
    let state = before
    const changes: LeaseChange[] = []
    const release = (key: string): void => {
      const step = releaseLease(state, key)
      state = step.state
      changes.push(...step.changes)
    }
    const addresses = listLeases(before).flatMap((lease) =>
      lease.kind === 'address' && lease.on.project === dockerProject && isPoolNetwork(lease.on.network)
        ? [lease]
        : [],
    )
    for (const lease of addresses)
      if (own.has(lease.on.network) && lease.holder.service !== gatewayHolder && !used.has(lease.address))
        release(leaseKey(lease))
    for (const lease of leasedSubnets(before))
      if (
        lease.project === dockerProject &&
        isPoolNetwork(lease.network) &&
        addresses.every(({ on, released }) => on.network !== lease.network || released !== null)
      )
        release(leaseKey(lease))
    return { state, changes, result: null }
  })
}
