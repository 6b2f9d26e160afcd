import type { HostFacts } from '@portolan/netfilter'

/** An interface for which the kernel reads router advertisements. */
export interface AdvertisedInterface {
  readonly name: string
  /** Its accept_ra, as a dotted name. */
  readonly sysctl: string
  /** The value of accept_ra; null: not known. */
  readonly value: string | null
}

/**
 * Interfaces that lose routes or addresses from router advertisements once they forward. The kernel deletes their
 * default route at once, and takes no further advertisement. With accept_ra 2 it does neither. With accept_ra 0 it
 * takes none anyway: a program such as NetworkManager or systemd-networkd does, and its routes stay (measured on 6.18).
 *
 * @see Documentation/networking/ip-sysctl.rst `accept_ra`; net/ipv6/route.c `rt6_purge_dflt_routers`
 * @internal
 */
export const interfacesLosingAdvertisements = ({
  interfaces = [],
  routes = [],
  sysctls = {},
}: HostFacts): readonly AdvertisedInterface[] => {
  const names = new Set(
    interfaces.flatMap((link) =>
      link.autoconfigured === true && link.name !== undefined ? [link.name] : [],
    ),
  )
  for (const { protocol, interface: name } of routes) if (protocol === 'ra' && name != null) names.add(name)
  return [...names].toSorted().flatMap((name) => {
    const sysctl = `net.ipv6.conf.${name.replaceAll('.', '/')}.accept_ra`
    const value = sysctls[sysctl] ?? null
    return value === '0' || value === '2' ? [] : [{ name, sysctl, value }]
  })
}
