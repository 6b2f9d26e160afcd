import { littleEndian, NLM_F_CREATE, NLM_F_EXCL } from '@portolan/core/netlink'
import { addressFamily, parseAddressPrefix } from '../address/address-bytes.ts'
import { attribute, attributeU32 } from '../netlink/attribute.ts'
import type { NetlinkChange } from '../netlink/request.ts'
import {
  IFA_ADDRESS,
  IFA_F_NODAD,
  IFA_FLAGS,
  IFA_LOCAL,
  RTM_DELADDR,
  RTM_NEWADDR,
} from '../netlink/rtnetlink.ts'

/** include/uapi/linux/rtnetlink.h. */
const RT_SCOPE_HOST = 254

/**
 * Adds or removes one address. IPv6 addresses skip duplicate address detection. On a bridge without ports the detection
 * does not even begin, and the gateway would stay tentative.
 */
export const addressChange = (
  action: 'add' | 'remove',
  name: string,
  index: number,
  text: string,
): NetlinkChange => {
  const { family, bytes, length } = parseAddressPrefix(text)
  // struct ifaddrmsg: family, prefix length, flags, scope, index.
  const header = new Uint8Array(8)
  // The same scope as ip-address(8) sets: the kernel takes no other scope beside 127.0.0.1 (`__inet_insert_ifa`).
  const scope = family === 'ip' && bytes[0] === 127 ? RT_SCOPE_HOST : 0
  header.set([addressFamily(family), length, 0, scope])
  new DataView(header.buffer).setUint32(4, index, littleEndian)
  const add = action === 'add'
  return {
    type: add ? RTM_NEWADDR : RTM_DELADDR,
    flags: add ? NLM_F_CREATE | NLM_F_EXCL : 0,
    payload: [
      header,
      attribute(IFA_LOCAL, bytes),
      attribute(IFA_ADDRESS, bytes),
      ...(add && family === 'ip6' ? [attributeU32(IFA_FLAGS, IFA_F_NODAD)] : []),
    ],
    does: add ? `add the address ${text} to ${name}` : `remove the address ${text} from ${name}`,
  }
}
