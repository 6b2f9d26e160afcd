import { eachAttribute, littleEndian, type MessageView } from '@portolan/core/netlink'
import type { LinkSysctl } from '@portolan/netfilter/sysctls'
import { AF_INET, AF_INET6 } from '../netlink/constants.ts'
import { IFLA_AF_SPEC, IFLA_INET_CONF, IFLA_INET6_CONF } from '../netlink/rtnetlink.ts'

/** The sysctls of one interface that are in its link message. */
export interface LinkSysctls {
  readonly ipv4: Readonly<Partial<Record<LinkSysctl<'ipv4'>, string>>>
  readonly ipv6: Readonly<Partial<Record<LinkSysctl<'ipv6'>, string>>>
}

/**
 * The positions of the values, counted from 0: of include/uapi/linux/ip.h (IPV4_DEVCONF_*, which begin with 1), and of
 * include/uapi/linux/ipv6.h (DEVCONF_*). The kernel's list is as long as the number of keys that it knows.
 */
const places = {
  ipv4: { forwarding: 0, rp_filter: 7, accept_local: 22, src_valid_mark: 23, route_localnet: 25 },
  ipv6: { forwarding: 0, accept_ra: 3, disable_ipv6: 26 },
} as const satisfies { [Version in keyof LinkSysctls]: Partial<Record<LinkSysctl<Version>, number>> }

/** Reads sysctls from an RTM_NEWLINK. Otherwise each sysctl would take the reading of a file. */
export const linkSysctlsIn = ({ view, start, end }: MessageView): LinkSysctls => {
  const found: { ipv4: LinkSysctls['ipv4']; ipv6: LinkSysctls['ipv6'] } = { ipv4: {}, ipv6: {} }
  eachAttribute(view, start + 16, end, (type, from, to) => {
    if (type !== IFLA_AF_SPEC) return
    eachAttribute(view, from, to, (family, first, last) => {
      eachAttribute(view, first, last, (attribute, at, after) => {
        if (family === AF_INET && attribute === IFLA_INET_CONF)
          found.ipv4 = valuesIn(view, at, after, places.ipv4)
        if (family === AF_INET6 && attribute === IFLA_INET6_CONF)
          found.ipv6 = valuesIn(view, at, after, places.ipv6)
      })
    })
  })
  return found
}

const valuesIn = <Key extends string>(
  view: DataView,
  from: number,
  to: number,
  of: Readonly<Record<Key, number>>,
): Readonly<Partial<Record<Key, string>>> =>
  Object.fromEntries(
    Object.entries<number>(of).flatMap(([key, place]) => {
      const at = from + 4 * place
      return at + 4 > to ? [] : [[key, String(view.getInt32(at, littleEndian))]]
    }),
  ) as Partial<Record<Key, string>>
