import { join } from 'node:path'
import { canonicalAddress, tryParseAddress, type UsedAddressFact } from '@portolan/netfilter'
import { isAbsent, readTextFile } from '../file/index.ts'

/**
 * The addresses that libvirt's DHCP server has leased on a bridge (libvirt, `src/util/leasehelper.c`).
 *
 * @returns null where the file exists but cannot be read
 */
export const libvirtLeases = (root: string, bridge: string): readonly UsedAddressFact[] | null => {
  if (bridge === '' || bridge.includes('/')) return null
  const file = join(root, 'var/lib/libvirt/dnsmasq', `${bridge}.status`)
  try {
    const text = readTextFile(file, { mostBytes: 4 * 2 ** 20, invalid: 'replace' })
    const leases: unknown = text.trim() === '' ? [] : JSON.parse(text)
    return (Array.isArray(leases) ? leases : []).flatMap((lease: unknown) => {
      const { 'ip-address': address, hostname } = (lease ?? {}) as Readonly<Record<string, unknown>>
      if (typeof address !== 'string' || tryParseAddress(address) === null) return []
      return [
        { address: canonicalAddress(address), ...(typeof hostname === 'string' ? { by: hostname } : {}) },
      ]
    })
  } catch (error) {
    return isAbsent(error) ? [] : null
  }
}
