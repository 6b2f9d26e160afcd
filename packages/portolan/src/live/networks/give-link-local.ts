import { ApplyError, formatAddress, type HostFacts, parseInterfaceAddress } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'
import type { OwnBridge } from './own-bridges.ts'

/**
 * Gives a bridge with IPv6 its link-local address before its first port comes. Otherwise the kernel adds one when the
 * bridge gets a carrier, and runs duplicate address detection for some two seconds. Meanwhile the bridge sends no
 * neighbour solicitation (net/ipv6/ndisc.c `ndisc_send_ns`), and forwarded packets do not reach the container.
 */
export const giveLinkLocal = async (
  links: Pick<LiveMachine['links'], 'addAddress'>,
  facts: HostFacts,
  { name }: Pick<OwnBridge, 'name'>,
): Promise<void> => {
  const link = facts.interfaces?.find((one) => one.name === name)
  const { mac, addresses = [] } = link ?? {}
  const parsed = addresses.map((text) => parseInterfaceAddress(text).address)
  const hasIp6 = parsed.some(({ family }) => family === 'ip6')
  const hasLinkLocal = parsed.some(({ family, value }) => family === 'ip6' && value >> 118n === LINK_LOCAL)
  if (mac == null || !hasIp6 || hasLinkLocal) return
  try {
    await links.addAddress(name, `${linkLocalOf(mac)}/64`)
  } catch (error) {
    // The kernel or another program has added the address meanwhile.
    if (!(error instanceof ApplyError)) throw error
  }
}

/** The first ten bits of fe80::/10. */
const LINK_LOCAL = 0xfe80n >> 6n

/**
 * The address that the kernel itself derives from a MAC (EUI-64; RFC 4291, appendix A), so that the kernel takes it as
 * its own.
 */
const linkLocalOf = (mac: string): string => {
  const bytes = mac.split(':').map((text) => BigInt(`0x${text}`))
  const [first = 0n, ...rest] = bytes
  const eui = [first ^ 2n, ...rest.slice(0, 2), 0xffn, 0xfen, ...rest.slice(2)]
  const value = eui.reduce((sum, byte) => (sum << 8n) | byte, 0n)
  return formatAddress({ family: 'ip6', value: (0xfe80n << 112n) | value })
}
