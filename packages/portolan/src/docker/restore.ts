import { type LeaseChange, leasedSubnets, leaseKey, listLeases, releaseLease } from '@portolan/core'
import { families, messageFor } from '@portolan/netfilter'
import { type DockerParts, dockerProject } from './docker-parts.ts'
import { gatewayHolder } from './ipam/addresses.ts'
import { isPoolNetwork, poolNetwork } from './ipam/pool-id.ts'
import { wording } from './wording.ts'

/**
 * Brings back what the networks of Docker need: dockerd makes a network once, and not again after a boot of the host. And
 * gives up what a call took that was killed before dockerd had its answer.
 */
export const restore = async (parts: DockerParts): Promise<void> => {
  const { host, report } = parts
  await releaseUnused(parts)
  for (const { name } of host.networks()) {
    try {
      await host.ensureNetwork(name)
    } catch (error) {
      // The others are served all the same.
      report(`network ${name} could not be brought back: ${messageFor(error, wording)}`)
    }
  }
}

/**
 * An address is used once an endpoint has it, and a pool once its gateway has an address. Where another driver makes the
 * network, nothing here knows its endpoints, and every address is kept.
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
