import { InvalidRequestError } from '@portolan/netfilter'
import { attributeU16 } from '../netlink/attribute.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EEXIST } from '../netlink/errno.ts'
import { IFLA_VLAN_ID } from '../netlink/rtnetlink.ts'
import { createLink } from './create-link.ts'
import type { VlanSpec } from './link-spec.ts'
import { explainParent, requireParent } from './require-parent.ts'

/** The range of VLAN ids. IEEE 802.1Q, 9.6: 0 marks a priority alone, and 4095 is reserved. */
const LEAST = 1
const MOST = 4094

export const createVlan = async (connection: NetlinkConnection, link: VlanSpec): Promise<void> => {
  const { id } = link
  const does = `create the vlan ${link.name}`
  if (!Number.isInteger(id) || id < LEAST || id > MOST)
    throw new InvalidRequestError(
      `Could not ${does}: ${id} is not a VLAN id. Give a whole number from ${LEAST} to ${MOST}.`,
    )
  const parent = await requireParent(connection, link.parent, does)
  await createLink(connection, link, {
    kind: 'vlan',
    option: 'CONFIG_VLAN_8021Q',
    module: '8021q',
    parent: parent.index,
    data: [attributeU16(IFLA_VLAN_ID, id)],
    // EEXIST is about the id, which the kernel compares with the parent's other VLANs. The name was checked before.
    explain: (errno) =>
      errno === EEXIST
        ? `${link.parent} has a VLAN of id ${id} already, under another name. Use that one (ip -d link shows it)`
        : explainParent(link.parent, errno),
  })
}
