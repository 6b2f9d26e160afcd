import { openConnection } from '../netlink/connection.ts'
import { NETLINK_XFRM } from '../netlink/constants.ts'
import { dump } from '../netlink/request.ts'

/** include/uapi/linux/xfrm.h */
const XFRM_MSG_GETPOLICY = 0x15
/** The place of `dir` in struct xfrm_userpolicy_info: after a selector, two lifetimes, priority and index. */
const DIRECTION_AT = 56 + 64 + 32 + 4 + 4
/** XFRM_POLICY_IN, XFRM_POLICY_OUT and XFRM_POLICY_FWD. Higher directions are of single sockets, as IKE daemons have. */
const XFRM_POLICY_MAX = 3

/**
 * Counts the IPsec policies of this network namespace that packets of others meet.
 *
 * @returns null where the kernel does not tell: without IPsec, or for an ordinary user
 */
export const countIpsecPolicies = async (): Promise<number | null> => {
  const connection = openConnection(NETLINK_XFRM)
  try {
    let count = 0
    await dump(connection, XFRM_MSG_GETPOLICY, new Uint8Array(0), ({ view, start, end }) => {
      if (start + DIRECTION_AT < end && view.getUint8(start + DIRECTION_AT) < XFRM_POLICY_MAX) count += 1
    })
    return count
  } catch {
    return null
  } finally {
    connection.close()
  }
}

/** The sentence about IPsec policies, for people; null: there are none. */
export const ipsecSentence = (count: number | null): string | null =>
  count === null || count === 0
    ? null
    : `This host has IPsec policies (${count} in "ip xfrm policy"). They are not read: packets that match one may leave by its tunnel or be dropped, and its range is not avoided for subnets. Compare the subnets of the project with these ranges.`
