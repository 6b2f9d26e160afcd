import { ApplyError, formatAddress, type HostFacts, parseInterfaceAddress } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'
import type { OwnBridge } from './own-bridges.ts'

/**
 * Gives a bridge with IPv6 its link-local address before its first port comes. The kernel gives it one once it has a
 * carrier, and goes through duplicate address detection: some two seconds in which it sends no neighbour solicitation
 * (net/ipv6/ndisc.c `ndisc_send_ns`), so that nothing that the host forwards reaches the container.
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
    // The kernel, or another program, has given it one since.
    if (!(error instanceof ApplyError)) throw error
  }
}

/** The first ten bits of fe80::/10. */
const LINK_LOCAL = 0xfe80n >> 6n

/** That which the kernel makes of a MAC (EUI-64; RFC 4291, appendix A), so that it takes it for its own. */
const linkLocalOf = (mac: string): string => {
  const bytes = mac.split(':').map((text) => BigInt(`0x${text}`))
  const [first = 0n, ...rest] = bytes
  const eui = [first ^ 2n, ...rest.slice(0, 2), 0xffn, 0xfen, ...rest.slice(2)]
  const value = eui.reduce((sum, byte) => (sum << 8n) | byte, 0n)
  return formatAddress({ family: 'ip6', value: (0xfe80n << 112n) | value })
}
