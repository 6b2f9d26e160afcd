import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalAddress, tryParseAddress, type UsedAddressFact } from '@portolan/netfilter'

/**
 * The addresses that CNI's host-local plugin has leased on a network. Each has a file with the address as its name.
 *
 * @returns null where the network has no such folder, or it cannot be read: another plugin may give its addresses
 * @see https://www.cni.dev/plugins/current/ipam/host-local/#files
 */
export const cniLeases = (root: string, network: string): readonly UsedAddressFact[] | null => {
  if (network === '' || network.includes('/') || network.startsWith('.')) return null
  try {
    return readdirSync(join(root, 'var/lib/cni/networks', network)).flatMap((name) =>
      tryParseAddress(name) === null ? [] : [{ address: canonicalAddress(name) }],
    )
  } catch {
    return null
  }
}
