import type { HostFacts } from '@portolan/netfilter'
import { type Family, families } from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'

/**
 * The sysctl that switches forwarding for a whole family.
 * @public @since 0.1.0
 */
export const forwardingSysctl: Readonly<Record<Family, string>> = {
  ip: 'net.ipv4.ip_forward',
  ip6: 'net.ipv6.conf.all.forwarding',
}

/**
 * Sysctls that the kernel itself overwrites when a family's forwarding is switched off, beside the forwarding of `all`
 * (measured on 6.18: every sysctl under /proc/sys/net before and after).
 * @see net/ipv4/devinet.c `inet_forward_change`; net/ipv6/addrconf.c `addrconf_forward_change`
 */
const overwritten: readonly { readonly family: Family; readonly name: RegExp; readonly off: string }[] = [
  { family: 'ip', name: /^net\.ipv4\.conf\.(?!all\.)[^.]+\.forwarding$/, off: '0' },
  // A router takes no redirects, but a host does (RFC 1812, 5.2.7.2). So a hardening value of 0 would be lost.
  { family: 'ip', name: /^net\.ipv4\.conf\.all\.accept_redirects$/, off: '1' },
  { family: 'ip6', name: /^net\.ipv6\.conf\.(?!all\.)[^.]+\.forwarding$/, off: '0' },
  // Linux 6.17 and later.
  { family: 'ip6', name: /^net\.ipv6\.conf\.(?!all\.|default\.)[^.]+\.force_forwarding$/, off: '0' },
]

/**
 * The value that the kernel gives a sysctl when a family's forwarding is switched off; null: the sysctl keeps its
 * value.
 * @example
 * valueWithoutForwarding('net.ipv4.conf.all.accept_redirects', 'ip') // '1'
 * @public @since 0.1.0
 */
export const valueWithoutForwarding = (sysctl: string, family: Family): string | null => {
  checkText(sysctl, 'sysctl')
  return overwritten.find((one) => one.family === family && one.name.test(sysctl))?.off ?? null
}

/**
 * The family whose forwarding a sysctl switches; null: it is another sysctl.
 * @example
 * forwardingFamily('net.ipv4.ip_forward') // 'ip'
 * @public @since 0.1.0
 */
export const forwardingFamily = (sysctl: string): Family | null =>
  families.find((family) => forwardingSysctl[family] === sysctl) ?? null

/**
 * The sysctls that lose their values if a family's forwarding is switched on and later off again. They must be
 * remembered before it is switched on.
 *
 * @returns names and values; empty when forwarding is already on
 * @example
 * overwrittenByForwarding({ sysctls: { 'net.ipv4.ip_forward': '0', 'net.ipv4.conf.eth1.forwarding': '1' } }, 'ip')
 * // { 'net.ipv4.conf.eth1.forwarding': '1' }
 * @public @since 0.1.0
 */
export const overwrittenByForwarding = (
  { sysctls = {} }: HostFacts,
  family: Family,
): Readonly<Record<string, string>> => {
  if (sysctls[forwardingSysctl[family]] !== '0') return {}
  return Object.fromEntries(
    Object.entries(sysctls).filter(([name, value]) => {
      const off = valueWithoutForwarding(name, family)
      return off !== null && value !== off
    }),
  )
}
