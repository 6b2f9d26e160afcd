import { forwardingFamily, forwardingSysctl, valueWithoutForwarding } from '@portolan/core'
import type { Family, HostFacts } from '@portolan/netfilter'
import { linkSysctlName } from '@portolan/netfilter/sysctls'

type Values = Readonly<Record<string, string>>

/** One switch has two names: net/ipv4/devinet.c writes `ip_forward` and `conf.all.forwarding` together. */
const twins: readonly (readonly [string, string])[] = [
  ['net.ipv4.ip_forward', 'net.ipv4.conf.all.forwarding'],
]

const canonicalName = (name: string): string => twins.find(([, twin]) => twin === name)?.[0] ?? name

/**
 * The facts of a host after a sysctl is written. With a switch of forwarding, the kernel also writes the values of all
 * interfaces.
 */
export const withSysctl = (facts: HostFacts, name: string, value: string): HostFacts => {
  const written = canonicalName(name)
  const family = forwardingFamily(written)
  const before = facts.sysctls ?? {}
  const along = family === null || before[written] === value ? {} : alongWith(family, value, before)
  const twin = twins.find(([one]) => one === written)?.[1]
  return {
    ...facts,
    sysctls: { ...before, ...along, [written]: value, ...(twin === undefined ? {} : { [twin]: value }) },
  }
}

const alongWith = (family: Family, value: string, before: Values): Values =>
  Object.fromEntries(
    Object.keys(before).flatMap((name) => {
      const off = name === forwardingSysctl[family] ? null : valueWithoutForwarding(name, family)
      if (off === null || name.endsWith('.force_forwarding')) return []
      return [[name, value === '0' ? off : name.endsWith('.accept_redirects') ? '0' : value]]
    }),
  )

/** Adds the sysctls of a new interface, with the values that `default` and `all` give it. */
export const withLinkSysctls = (facts: HostFacts, link: string): HostFacts => {
  const before = facts.sysctls ?? {}
  const own: Values = {
    [linkSysctlName('ipv4', link, 'forwarding')]: before['net.ipv4.ip_forward'] ?? '0',
    [linkSysctlName('ipv4', link, 'route_localnet')]: before['net.ipv4.conf.default.route_localnet'] ?? '0',
    [linkSysctlName('ipv4', link, 'rp_filter')]: before['net.ipv4.conf.default.rp_filter'] ?? '0',
    [linkSysctlName('ipv6', link, 'forwarding')]: before['net.ipv6.conf.all.forwarding'] ?? '0',
    [linkSysctlName('ipv6', link, 'disable_ipv6')]: before['net.ipv6.conf.default.disable_ipv6'] ?? '0',
  }
  return { ...facts, sysctls: { ...own, ...before } }
}

/** Removes the sysctls of an interface, which the kernel removes with it. */
export const withoutLinkSysctls = (facts: HostFacts, link: string): HostFacts => {
  const written = link.replaceAll('.', '/')
  const isOwn = (name: string): boolean => /^net\.ipv[46]\.conf\.([^.]+)\./.exec(name)?.[1] === written
  return {
    ...facts,
    sysctls: Object.fromEntries(Object.entries(facts.sysctls ?? {}).filter(([name]) => !isOwn(name))),
  }
}
