import { NLM_F_CREATE, NLM_F_EXCL } from '@portolan/core/netlink'
import { randomBytes } from '../file/random-bytes.ts'
import { attribute, attributeText, attributeU32, nested } from '../netlink/attribute.ts'
import { changeError } from '../netlink/change-error.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EADDRINUSE, EINVAL } from '../netlink/errno.ts'
import { macBytes } from '../netlink/mac-bytes.ts'
import { send } from '../netlink/request.ts'
import {
  IFLA_ADDRESS,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_MACVLAN_MODE,
  RTM_DELLINK,
  RTM_NEWLINK,
  RTM_SETLINK,
} from '../netlink/rtnetlink.ts'
import { findLink, nameAttribute } from './find-link.ts'
import { interfaceInfo } from './interface-info.ts'

/** include/uapi/linux/if_link.h MACVLAN_MODE_PRIVATE: no frame passes between the probe and other links. */
const PRIVATE = 1

/**
 * Tells whether a child of the parent is up with this MAC address, in whatever network namespace. Links of other
 * namespaces are not listed here, so a probe link asks the kernel. It lives for one system call. The kernel refuses to
 * set it up where another child has the address (drivers/net/macvlan.c `macvlan_addr_busy`).
 */
export const hasChild = async (
  connection: NetlinkConnection,
  parent: string,
  mac: string,
): Promise<boolean> => {
  const lower = await findLink(connection, parent)
  if (lower === null) return false
  const does = `look for a child of ${parent} with the MAC address ${mac}`
  const name = nameAttribute(`ptl-${randomBytes(5).toString('hex')}`)
  const info = nested(
    IFLA_LINKINFO,
    attributeText(IFLA_INFO_KIND, 'macvlan'),
    nested(IFLA_INFO_DATA, attributeU32(IFLA_MACVLAN_MODE, PRIVATE)),
  )
  const address = attribute(IFLA_ADDRESS, macBytes(mac))
  const [made = 0, up = 0] = await send(connection, [
    {
      type: RTM_NEWLINK,
      flags: NLM_F_CREATE | NLM_F_EXCL,
      payload: [interfaceInfo({}), name, attributeU32(IFLA_LINK, lower.index), address, info],
      does,
    },
    { type: RTM_SETLINK, payload: [interfaceInfo({ up: true }), name], does },
    { type: RTM_DELLINK, payload: [interfaceInfo({}), name], does },
  ])
  // A child of mode passthru allows no other child.
  if (made === EINVAL) return true
  if (made !== 0) throw changeError(does, made, [])
  return up === EADDRINUSE
}
