import { join } from 'node:path'
import type { EngineNetworkFact, UsedAddressFact } from '@portolan/netfilter'
import { cniLeases } from './cni-leases.ts'
import { dockerStatics } from './docker-statics.ts'
import { libvirtLeases } from './libvirt-leases.ts'
import { podmanLeases } from './podman-leases.ts'
import { podmanStatics } from './podman-statics.ts'

/**
 * Adds to each network the addresses that its engine keeps outside the network's own record. `used` stays absent where
 * the engine's records are missing or cannot be read.
 *
 * @param dataRoots - Docker's data folders, below the root folder
 */
export const withUsedAddresses = (
  root: string,
  networks: readonly EngineNetworkFact[],
  dataRoots: readonly string[],
): readonly EngineNetworkFact[] => {
  const isThere = (wanted: string): boolean => networks.some(({ engine }) => engine === wanted)
  const statics = isThere('docker') ? dataRoots.map((folder) => dockerStatics(join(root, folder))) : []
  const podman = isThere('podman') ? podmanLeases(root) : null
  const podmanAsked = isThere('podman') ? podmanStatics(root) : null
  const more = ({ engine, name = '', bridge = '' }: EngineNetworkFact): readonly UsedAddressFact[] | null => {
    switch (engine) {
      case 'docker':
        return statics.flatMap((all) => all.get(name) ?? [])
      case 'podman':
        return podman === null || podmanAsked === null
          ? null
          : [...(podman.get(name) ?? []), ...(podmanAsked.get(name) ?? [])]
      case 'cni':
        return cniLeases(root, name)
      case 'libvirt':
        return libvirtLeases(root, bridge)
      default:
        return null
    }
  }
  return networks.map((network) => {
    // This network comes from Docker's settings. Its endpoints are only in the database, so `used` stays absent.
    if (network.engine === 'docker' && network.used === undefined) return network
    const found = more(network)
    return found === null ? network : { ...network, used: eachOnce([...(network.used ?? []), ...found]) }
  })
}

/** Removes repeated addresses: a running container has its static address as an endpoint too. */
const eachOnce = (used: readonly UsedAddressFact[]): readonly UsedAddressFact[] => {
  const known = new Set<string | undefined>()
  return used.filter(({ address }) => !known.has(address) && known.add(address) !== undefined)
}
