import { ApplyError, shellWord } from '@portolan/netfilter'
import { attributeText, attributeU32, nested } from '../netlink/attribute.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { change, type NetlinkChange } from '../netlink/request.ts'
import {
  IFLA_BRPORT_ISOLATED,
  IFLA_BRPORT_MODE,
  IFLA_INFO_SLAVE_DATA,
  IFLA_INFO_SLAVE_KIND,
  IFLA_LINKINFO,
  IFLA_MASTER,
  RTM_NEWLINK,
  RTM_SETLINK,
} from '../netlink/rtnetlink.ts'
import { flag } from './bridge-attributes.ts'
import { requireBridge, requireLink } from './find-link.ts'
import { interfaceInfo } from './interface-info.ts'
import type { PortChange } from './links.ts'

export const attachPort = async (
  connection: NetlinkConnection,
  interfaceName: string,
  bridgeName: string,
  port: PortChange,
): Promise<void> => {
  const does = `attach ${interfaceName} to the bridge ${bridgeName}`
  const bridge = await requireBridge(connection, bridgeName, does)
  const link = await requireLink(connection, interfaceName, does)
  if (link.masterIndex !== null && link.masterIndex !== bridge.index)
    throw new ApplyError(
      `Could not ${does}: it is a port of another interface. Release it first (ip link set ${shellWord(interfaceName)} nomaster).`,
      { applied: [], stderr: '' },
    )
  const { index } = link
  await change(connection, [
    {
      type: RTM_SETLINK,
      payload: [interfaceInfo({ index }), attributeU32(IFLA_MASTER, bridge.index)],
      does,
    },
    ...portChange(index, interfaceName, port),
    // The interface comes up last, so that no frame passes before isolation holds.
    { type: RTM_SETLINK, payload: [interfaceInfo({ index, up: true })], does: `set ${interfaceName} up` },
  ])
}

export const setPort = async (
  connection: NetlinkConnection,
  interfaceName: string,
  port: PortChange,
): Promise<void> => {
  const { index } = await requireLink(connection, interfaceName, `change the bridge port ${interfaceName}`)
  await change(connection, portChange(index, interfaceName, port))
}

export const detachPort = async (connection: NetlinkConnection, interfaceName: string): Promise<void> => {
  const does = `release the port ${interfaceName}`
  const { index } = await requireLink(connection, interfaceName, does)
  await change(connection, [
    { type: RTM_SETLINK, payload: [interfaceInfo({ index }), attributeU32(IFLA_MASTER, 0)], does },
  ])
}

export const portChange = (index: number, name: string, port: PortChange): readonly NetlinkChange[] => {
  const data = [...flag(IFLA_BRPORT_MODE, port.hairpin), ...flag(IFLA_BRPORT_ISOLATED, port.isolated)]
  if (data.length === 0) return []
  const info = nested(
    IFLA_LINKINFO,
    attributeText(IFLA_INFO_SLAVE_KIND, 'bridge'),
    nested(IFLA_INFO_SLAVE_DATA, ...data),
  )
  const settings = [
    ...(port.hairpin === undefined ? [] : [`hairpin ${port.hairpin ? 'on' : 'off'}`]),
    ...(port.isolated === undefined ? [] : [`isolation ${port.isolated ? 'on' : 'off'}`]),
  ]
  const does = `switch ${settings.join(' and ')} at the bridge port ${name}`
  return [{ type: RTM_NEWLINK, payload: [interfaceInfo({ index }), info], does }]
}
