import { littleEndian, NLM_F_CREATE, NLM_F_EXCL } from '@portolan/core/netlink'
import { addressFamily, parseAddressPrefix } from '../address/address-bytes.ts'
import { attribute, attributeU32 } from '../netlink/attribute.ts'
import type { Refusals } from '../netlink/change-error.ts'
import { EACCES, EEXIST, EINVAL, EOPNOTSUPP } from '../netlink/errno.ts'
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
    refusals: family === 'ip' ? refusalsOfIp : refusalsOfIp6(name),
  }
}

const refusalsOfIp: Refusals = {
  [EEXIST]: {
    why: 'the interface has this address already (EEXIST)',
    mend: 'Name each address once.',
  },
}

/** net/ipv6/addrconf.c, `inet6_addr_add`, `addrconf_add_dev` and `ipv6_find_idev`. */
const refusalsOfIp6 = (name: string): Refusals => ({
  [EEXIST]: {
    why: 'the interface has this address already, perhaps with another prefix length (EEXIST)',
    mend: `Remove that one first ("ip -6 address show dev ${name}" shows it), or name each address once.`,
  },
  [EACCES]: {
    why: 'IPv6 is switched off for this interface (EACCES)',
    mend: `Set the sysctl net.ipv6.conf.${name.replaceAll('.', '/')}.disable_ipv6 to 0, and run this again.`,
  },
  [EINVAL]: {
    why: 'the interface has no IPv6, because its MTU is smaller than 1280 bytes (EINVAL)',
    mend: 'Give it an MTU of at least 1280, or no IPv6 address.',
  },
  [EOPNOTSUPP]: {
    why: 'this kernel has no IPv6 (EOPNOTSUPP)',
    mend: 'Start it without ipv6.disable=1, or give no IPv6 address.',
  },
})
