import { ApplyError, shellWord } from '@portolan/netfilter'
import { attributeText, attributeU32, nested } from '../netlink/attribute.ts'
import type { Refusals, Refused } from '../netlink/change-error.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EBUSY, EINVAL, ELOOP, EOPNOTSUPP, EXFULL } from '../netlink/errno.ts'
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
import { refusalsOfUp } from './set-up-refusals.ts'

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
      refusals: refusalsOfPort,
    },
    ...portChange(index, interfaceName, port),
    // The interface comes up last, so that no frame passes before isolation holds.
    {
      type: RTM_SETLINK,
      payload: [interfaceInfo({ index, up: true })],
      does: `set ${interfaceName} up`,
      refusals: refusalsOfUp,
    },
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
  return [
    { type: RTM_NEWLINK, payload: [interfaceInfo({ index }), info], does, refusals: refusalsOfSettings },
  ]
}

const refusalsOfSettings: Refusals = {
  [EOPNOTSUPP]: {
    why: 'the interface is not a port of a bridge (EOPNOTSUPP)',
    mend: 'Attach it to a bridge first.',
  },
}

export const fullBridge: Refused = {
  why: 'the bridge has no room for one more port (EXFULL): the kernel gives a bridge at most 1023',
  mend: 'Detach ports that are not needed any more, or use another network.',
}

/** What the kernel's errors mean for an interface that is to be a port of a bridge (net/bridge/br_if.c, `br_add_if`). */
const refusalsOfPort: Refusals = {
  [EINVAL]: {
    why: 'it is not an Ethernet interface (EINVAL)',
    mend: 'Loopback and tunnels of IP cannot be ports. Attach an Ethernet interface, such as an end of a veth pair.',
  },
  [ELOOP]: {
    why: 'it is a bridge itself, and a bridge cannot be a port of another one (ELOOP)',
    mend: 'Attach an Ethernet interface, such as an end of a veth pair.',
  },
  [EBUSY]: {
    why: 'it belongs to another link already: it is the parent of a macvlan or an ipvlan, a port of a bond, or made on this bridge (EBUSY)',
    mend: 'Release it ("ip -d link" shows what it belongs to), or attach another interface.',
  },
  [EXFULL]: fullBridge,
  [EOPNOTSUPP]: {
    why: 'its driver does not let it be a port of a bridge (EOPNOTSUPP)',
    mend: 'Attach another interface, such as an end of a veth pair.',
  },
}
