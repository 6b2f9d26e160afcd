import { InvalidRequestError } from '@portolan/netfilter'
import type { LinkRecord } from '../facts/read-links.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EBUSY, EINVAL } from '../netlink/errno.ts'
import { requireLink } from './find-link.ts'

/**
 * Finds the parent interface of a new link.
 *
 * @throws InvalidRequestError for loopback, which has no Ethernet frames
 * @throws ApplyError when there is no interface with this name
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

/** Explains why the kernel refuses a child of a parent, and what to do; null where the errno says enough. */
export const explainParent = (parent: string, errno: number): string | null =>
  errno === EBUSY
    ? `the parent ${parent} belongs to another link already: it is a port of a bridge or a bond, or it has children of the other kind (macvlan, ipvlan). Release it, or take another parent`
    : errno === EINVAL
      ? `the parent ${parent} accepts no such interface on it. It has to be an Ethernet interface, and its MTU must not be smaller`
      : null
