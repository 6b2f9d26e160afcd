import { checkText } from '../error/check-text.ts'

/**
 * The sysctls of a whole host that Portolan uses, in dotted form.
 * @public @since 0.1.0
 */
export const hostSysctls = [
  'net.ipv4.ip_forward',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  // The kernel overwrites it when forwarding is switched.
  'net.ipv4.conf.all.accept_redirects',
  'net.bridge.bridge-nf-call-iptables',
  'net.bridge.bridge-nf-call-ip6tables',
] as const

/** One of `hostSysctls`. @public @since 0.1.0 */
export type HostSysctl = (typeof hostSysctls)[number]

/**
 * How the kernel combines an interface's sysctl with that of `all` (include/linux/inetdevice.h). `own`: only the
 * interface's value counts (IN_DEV_CONF_GET). `or`: either value switches it on (IN_DEV_ORCONF). `max`: the greater
 * value counts (IN_DEV_MAXCONF). No sysctl here needs both (IN_DEV_ANDCONF).
 */
type Combination = 'own' | 'or' | 'max'

/**
 * The sysctls of each interface, of `all` and of `default` that Portolan uses: `net.ipv4.conf.NAME.KEY`,
 * `net.ipv6.conf.NAME.KEY`.
 * @public @since 0.1.0
 */
export const linkSysctls = {
  ipv4: {
    accept_local: 'or',
    forwarding: 'own',
    route_localnet: 'or',
    rp_filter: 'max',
    src_valid_mark: 'or',
  },
  ipv6: {
    accept_ra: 'own',
    disable_ipv6: 'own',
    force_forwarding: 'own',
    forwarding: 'own',
  },
} as const

/**
 * @public @since 0.1.0
 */
export type LinkSysctl<Version extends keyof typeof linkSysctls> = string &
  keyof (typeof linkSysctls)[Version]

/**
 * The name of a sysctl of one interface. sysctl(8) writes a dot of an interface's name as `/`.
 *
 * @param link - an interface, `all` or `default`
 * @example
 * linkSysctlName('ipv4', 'eth0.100', 'rp_filter') // 'net.ipv4.conf.eth0/100.rp_filter'
 * @public @since 0.1.0
 */
export const linkSysctlName = <Version extends keyof typeof linkSysctls>(
  version: Version,
  link: string,
  key: LinkSysctl<Version>,
): string => {
  checkText(link, 'link')
  return `net.${version}.conf.${link.replaceAll('.', '/')}.${key}`
}

/**
 * The names of all sysctls of one interface that Portolan uses.
 * @example
 * linkSysctlNames('ipv4', 'eth0').includes('net.ipv4.conf.eth0.rp_filter') // true
 * @public @since 0.1.0
 */
export const linkSysctlNames = (version: 'ipv4' | 'ipv6', link: string): readonly string[] =>
  version === 'ipv4'
    ? keysOf(linkSysctls.ipv4).map((key) => linkSysctlName('ipv4', link, key))
    : keysOf(linkSysctls.ipv6).map((key) => linkSysctlName('ipv6', link, key))

const keysOf = <Key extends string>(of: Readonly<Record<Key, Combination>>): readonly Key[] =>
  Object.keys(of) as Key[]

/**
 * The value of a sysctl in force on an interface. An interface without a value of its own does not exist yet: it will
 * begin with that of `default` (net/ipv4/devinet.c `inetdev_init`).
 *
 * @returns null where the facts name none of the values
 * @example
 * const sysctls = { 'net.ipv4.conf.all.rp_filter': '1', 'net.ipv4.conf.eth0.rp_filter': '2' }
 * effectiveSysctl(sysctls, 'ipv4', 'eth0', 'rp_filter') // 2
 * @public @since 0.1.0
 */
export const effectiveSysctl = <Version extends keyof typeof linkSysctls>(
  sysctls: Readonly<Record<string, string>>,
  version: Version,
  link: string,
  key: LinkSysctl<Version>,
): number | null => {
  const read = (name: string): number | null => {
    const full = linkSysctlName(version, name, key)
    return Object.hasOwn(sysctls, full) ? Number(sysctls[full]) : null
  }
  const all = read('all')
  const own = read(link) ?? read('default')
  const combinations: Readonly<Record<string, Combination>> = linkSysctls[version]
  if (combinations[key] === 'own') return own ?? all
  return own === null && all === null ? null : Math.max(own ?? 0, all ?? 0)
}
