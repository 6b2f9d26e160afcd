import { join } from 'node:path'
import type { UsedAddressFact } from '@portolan/netfilter'
import { addressText } from '../address/address-text.ts'
import { type BoltItem, readBoltFile } from '../bolt/index.ts'
import { isAbsent } from '../file/index.ts'

export const mostBytes: number = 64 * 2 ** 20

/**
 * The addresses that Podman has leased to containers, by network. `ipam.db` has a bucket for each network, which has a
 * bucket for each subnet. That bucket has a record from each address to the id of its container (Podman,
 * `libnetwork/netavark/ipam.go`). The file is gone after a reboot, and so are the leases.
 *
 * @returns null where the file exists but cannot be read
 */
export const podmanLeases = (root: string): ReadonlyMap<string, readonly UsedAddressFact[]> | null => {
  try {
    const networks = readBoltFile(join(root, 'run/containers/networks/ipam.db'), mostBytes)
    return new Map(
      networks.map((network) => [network.key.toString(), bucketsOf(network).flatMap(leasesOf)] as const),
    )
  } catch (error) {
    return isAbsent(error) ? new Map() : null
  }
}

const bucketsOf = (item: BoltItem): readonly BoltItem[] => (item.kind === 'bucket' ? item.items : [])

/** Reads the addresses of a subnet, keys of 4 or 16 bytes. `lastIP` and `ids` are stored beside them. */
const leasesOf = (subnet: BoltItem): readonly UsedAddressFact[] =>
  subnet.key.toString() === 'ids'
    ? []
    : bucketsOf(subnet).flatMap((item) => {
        const { key } = item
        if (item.kind !== 'value' || (key.length !== 4 && key.length !== 16)) return []
        const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
        return [{ address: addressText(view, 0, key.length), by: item.value.toString().slice(0, 12) }]
      })
