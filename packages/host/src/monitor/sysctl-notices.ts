import { eachAttribute, littleEndian, type MessageView } from '@portolan/core/netlink'
import { linkSysctlName } from '@portolan/netfilter/sysctls'
import { AF_INET, AF_INET6 } from '../netlink/constants.ts'
import type { SysctlNotice } from './notice.ts'

/** include/uapi/linux/netconf.h */
const NETCONFA_IFINDEX = 1
const NETCONFA_FORWARDING = 2
const NETCONFA_RP_FILTER = 3
const INDEX_ALL = -1
const INDEX_DEFAULT = -2
/** struct netconfmsg is one byte, padded. */
const NETCONFMSG_LENGTH = 4

/**
 * Reads one RTM_NEWNETCONF: the values of sysctls of one interface, of `all` or of `default`.
 *
 * @param names - interface names by index; an unknown interface yields no notice, as its own notice follows
 */
export const sysctlNotices = (
  { view, start, end }: MessageView,
  names: (index: number) => string | null,
): readonly SysctlNotice[] => {
  const family = view.getUint8(start)
  if (family !== AF_INET && family !== AF_INET6) return []
  let index = 0
  let others = 0
  let forwarding: string | null = null
  let rpFilter: string | null = null
  eachAttribute(view, start + NETCONFMSG_LENGTH, end, (type, from, to) => {
    if (to - from !== 4) return
    const value = view.getInt32(from, littleEndian)
    if (type === NETCONFA_IFINDEX) index = value
    else if (type === NETCONFA_FORWARDING) forwarding = String(value)
    else if (type === NETCONFA_RP_FILTER) rpFilter = String(value)
    else others += 1
  })
  const link = index === INDEX_ALL ? 'all' : index === INDEX_DEFAULT ? 'default' : names(index)
  if (link === null) return []
  if (family === AF_INET6) {
    if (forwarding !== null)
      return [notice('ip6', link, linkSysctlName('ipv6', link, 'forwarding'), forwarding)]
    // Linux 6.17 and 6.18 send the message of force_forwarding without the value (`inet6_netconf_fill_devconf`).
    return others > 0 ? [] : [notice('ip6', link, linkSysctlName('ipv6', link, 'force_forwarding'), null)]
  }
  const found: SysctlNotice[] = []
  if (forwarding !== null)
    found.push(notice('ip', link, linkSysctlName('ipv4', link, 'forwarding'), forwarding))
  if (rpFilter !== null) found.push(notice('ip', link, linkSysctlName('ipv4', link, 'rp_filter'), rpFilter))
  return found
}

const notice = (
  family: SysctlNotice['family'],
  link: string,
  name: string,
  value: string | null,
): SysctlNotice => ({ kind: 'sysctl', family, interface: link, name, value })
