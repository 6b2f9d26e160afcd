import { readdirSync } from 'node:fs'
import { readSysctl } from '../sysctl/sysctl.ts'

const fixed = [
  'net.ipv4.ip_forward',
  'net.ipv4.conf.all.accept_redirects',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv6.conf.all.forwarding',
  'net.ipv6.conf.all.disable_ipv6',
  'net.ipv6.conf.default.disable_ipv6',
  'net.bridge.bridge-nf-call-iptables',
  'net.bridge.bridge-nf-call-ip6tables',
]

const perInterface: Readonly<Record<'ipv4' | 'ipv6', readonly string[]>> = {
  ipv4: ['forwarding', 'route_localnet', 'rp_filter'],
  ipv6: ['accept_ra', 'force_forwarding', 'forwarding'],
}

/**
 * The sysctls that decide about forwarding, loopback and port choice, `all`, `default` and each interface's. A
 * sysctl this kernel does not have is absent.
 *
 * @returns the values, and a sentence for each that is there but could not be read
 */
export const readSysctls = (): { sysctls: Record<string, string>; unread: readonly string[] } => {
  const sysctls: Record<string, string> = {}
  const unread: string[] = []
  for (const name of [...fixed, ...interfaceSysctls()]) {
    try {
      const value = readSysctl(name)
      if (value !== null) sysctls[name] = value
    } catch (error) {
      unread.push(error instanceof Error ? error.message : String(error))
    }
  }
  return { sysctls, unread }
}

const interfaceSysctls = (): readonly string[] => [...sysctlsOf('ipv4'), ...sysctlsOf('ipv6')]

const sysctlsOf = (family: 'ipv4' | 'ipv6'): readonly string[] => {
  let interfaces: readonly string[] = []
  try {
    interfaces = readdirSync(`/proc/sys/net/${family}/conf`)
  } catch {
    // No /proc/sys at all: every name above is absent too, and nothing more can be said of interfaces.
  }
  return interfaces.flatMap((name) =>
    perInterface[family].map((key) => `net.${family}.conf.${name.replaceAll('.', '/')}.${key}`),
  )
}
