import { parseVlanAlias } from '@portolan/core'
import { ApplyError } from '@portolan/netfilter'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { change } from '../netlink/request.ts'
import { RTM_DELLINK } from '../netlink/rtnetlink.ts'
import { findLink } from './find-link.ts'
import { interfaceInfo } from './interface-info.ts'

export const deleteVlan = async (connection: NetlinkConnection, name: string): Promise<void> => {
  const link = await findLink(connection, name)
  if (link === null) return
  const does = `delete the VLAN link ${name}`
  if (link.kind !== 'vlan' || parseVlanAlias(link.alias) === null)
    throw new ApplyError(
      `Could not ${does}: it is not one that Portolan made (its kind is ${link.kind}, and its alias "${link.alias}").`,
      { applied: [], stderr: '' },
    )
  await change(connection, [{ type: RTM_DELLINK, payload: [interfaceInfo({ index: link.index })], does }])
}
