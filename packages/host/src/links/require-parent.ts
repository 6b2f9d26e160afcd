import { InvalidRequestError } from '@portolan/netfilter'
import type { LinkRecord } from '../facts/read-links.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EBUSY, EINVAL } from '../netlink/errno.ts'
import { requireLink } from './find-link.ts'

/**
 * The interface that a link is made on.
 *
 * @throws InvalidRequestError for loopback, which has no frames of Ethernet
 * @throws ApplyError when there is none of that name
 */
export const requireParent = async (
  connection: NetlinkConnection,
  name: string,
  does: string,
): Promise<LinkRecord> => {
  const parent = await requireLink(connection, name, does)
  if (parent.kind === 'loopback')
    throw new InvalidRequestError(
      `Could not ${does}: the parent ${name} is loopback, which leads to no wire. Name an interface such as eth0.`,
    )
  return parent
}

/** Why the kernel refuses a child of a parent, and what to do; null where there is no more to say than the errno. */
export const explainParent = (parent: string, errno: number): string | null =>
  errno === EBUSY
    ? `the parent ${parent} belongs to another link already: it is a port of a bridge or a bond, or it has children of the other kind (macvlan, ipvlan). Release it, or take another parent`
    : errno === EINVAL
      ? `the parent ${parent} takes no such child. It has to be an interface of Ethernet, with an MTU that is not smaller`
      : null
