import { parseBridgeAlias } from '@portolan/core'
import { ApplyError } from '@portolan/netfilter'
import { readLinks } from '../facts/read-links.ts'
import { attributeU32 } from '../netlink/attribute.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { change } from '../netlink/request.ts'
import { IFLA_MASTER, RTM_DELLINK, RTM_SETLINK } from '../netlink/rtnetlink.ts'
import { interfaceInfo } from './interface-info.ts'

export const deleteBridge = async (connection: NetlinkConnection, name: string): Promise<void> => {
  const { links } = await readLinks(connection)
  const all = [...links.values()]
  const bridge = all.find((link) => link.name === name)
  if (bridge === undefined) return
  if (bridge.kind !== 'bridge' || parseBridgeAlias(bridge.alias) === null)
    throw new ApplyError(
      `Could not delete the interface ${name}: it is not a bridge that Portolan made (its alias is "${bridge.alias}").`,
      { applied: [], stderr: '' },
    )
  await change(connection, [
    ...all
      .filter((link) => link.masterIndex === bridge.index)
      .map((port) => ({
        type: RTM_SETLINK,
        payload: [interfaceInfo({ index: port.index }), attributeU32(IFLA_MASTER, 0)],
        does: `release the port ${port.name} of the bridge ${name}`,
      })),
    {
      type: RTM_DELLINK,
      payload: [interfaceInfo({ index: bridge.index })],
      does: `delete the bridge ${name}`,
    },
  ])
}
