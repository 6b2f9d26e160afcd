import { ApplyError, InvalidRequestError } from '@portolan/netfilter'
import { type LinkRecord, parseLink } from '../facts/read-links.ts'
import { attributeText } from '../netlink/attribute.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { ENODEV } from '../netlink/errno.ts'
import { get } from '../netlink/request.ts'
import { IFLA_IFNAME, RTM_GETLINK } from '../netlink/rtnetlink.ts'
import { interfaceInfo } from './interface-info.ts'

/** The link with this name; null when there is none. */
export const findLink = async (connection: NetlinkConnection, name: string): Promise<LinkRecord | null> => {
  let link: LinkRecord | null = null
  await get(connection, RTM_GETLINK, [interfaceInfo({}), nameAttribute(name)], ENODEV, (part) => {
    link = parseLink(part)
  })
  return link
}

/**
 * The link with this name, which has to exist.
 *
 * @throws ApplyError when there is none; `does` completes "Could not ..."
 */
export const requireLink = async (
  connection: NetlinkConnection,
  name: string,
  does: string,
): Promise<LinkRecord> => {
  const link = await findLink(connection, name)
  if (link === null)
    throw new ApplyError(
      {
        problem: `Could not ${does}: there is no interface ${name} in this network namespace.`,
        remedy: () => 'Check its name: "ip link" lists the interfaces.',
      },
      { applied: [], stderr: 'ENODEV: no such device' },
    )
  return link
}

/** The bridge with this name. An interface of another kind is an error. */
export const requireBridge = async (
  connection: NetlinkConnection,
  name: string,
  does: string,
): Promise<LinkRecord> => {
  const link = await requireLink(connection, name, does)
  if (link.kind !== 'bridge')
    throw new ApplyError(
      {
        problem: `Could not ${does}: ${name} is not a bridge but of kind ${link.kind}.`,
        remedy: () => 'Name a bridge: "ip link show type bridge" lists them.',
      },
      { applied: [], stderr: '' },
    )
  return link
}

/**
 * IFLA_IFNAME: the name of an existing link.
 *
 * @throws InvalidRequestError for a name that the kernel would not take (`dev_valid_name` in net/core/dev.c)
 */
export const nameAttribute = (name: string): Uint8Array => {
  const bytes = new TextEncoder().encode(name).length
  if (bytes === 0 || bytes > 15 || name === '.' || name === '..' || /[\s/:\0]/.test(name))
    throw new InvalidRequestError(
      `"${name}" cannot name an interface: 1 to 15 bytes, without spaces, "/" or ":".`,
    )
  return attributeText(IFLA_IFNAME, name)
}
