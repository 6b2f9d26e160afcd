import { NLM_F_CREATE, NLM_F_EXCL } from '@portolan/core/netlink'
import { ApplyError } from '@portolan/netfilter'
import { randomBytes } from '../file/random-bytes.ts'
import { attribute, attributeU32 } from '../netlink/attribute.ts'
import { changeError, type Refusals } from '../netlink/change-error.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EEXIST, EOPNOTSUPP } from '../netlink/errno.ts'
import { macBytes } from '../netlink/mac-bytes.ts'
import { change, send } from '../netlink/request.ts'
import {
  IFLA_ADDRESS,
  IFLA_BR_FORWARD_DELAY,
  IFLA_BR_STP_STATE,
  RTM_DELLINK,
  RTM_NEWLINK,
  RTM_SETLINK,
} from '../netlink/rtnetlink.ts'
import { readSysctl, writeSysctl } from '../sysctl/sysctl.ts'
import { addressChange } from './address-change.ts'
import { aliasAttribute, bridgeInfo, netfilterData } from './bridge-attributes.ts'
import { findLink, requireLink } from './find-link.ts'
import { checkInterfaceAddress } from './interface-address.ts'
import { interfaceInfo } from './interface-info.ts'
import type { BridgeSpec } from './links.ts'
import { mtuAttribute } from './mtu-attribute.ts'
import { newNameAttribute } from './new-name.ts'

export const createBridge = async (connection: NetlinkConnection, bridge: BridgeSpec): Promise<void> => {
  const does = `create the bridge ${bridge.name}`
  for (const address of bridge.addresses) checkInterfaceAddress(address, bridge.name, { isLoopback: false })
  await makeNamed(connection, bridge, does)
  const { index } = await requireLink(connection, bridge.name, does)
  try {
    switchOnIp6(bridge)
    await change(connection, [
      ...(bridge.mtu === undefined
        ? []
        : [
            {
              type: RTM_SETLINK,
              // A bridge keeps only an MTU that is set after its creation (`br_mtu_auto_adjust`).
              payload: [interfaceInfo({ index }), mtuAttribute(bridge.mtu)],
              does: `set the MTU of ${bridge.name} to ${bridge.mtu}`,
            },
          ]),
      ...bridge.addresses.map((address) => addressChange('add', bridge.name, index, address)),
      {
        type: RTM_SETLINK,
        payload: [interfaceInfo({ index, up: true })],
        does: `set the bridge ${bridge.name} up`,
      },
    ])
  } catch (error) {
    await send(connection, [{ type: RTM_DELLINK, payload: [interfaceInfo({ index })], does }])
    // The changes already applied to the bridge were deleted with it, so none is reported as applied.
    throw error instanceof ApplyError
      ? new ApplyError(
          { problem: error.problem, remedy: (wording) => error.remedy(wording) },
          { applied: [], stderr: error.stderr },
          { cause: error },
        )
      : error
  }
}

/**
 * Makes the bridge and writes its alias within one system call. The kernel ignores IFLA_IFALIAS in the message that
 * creates (`rtnl_create_link`). A killed process would otherwise leave a bridge without an alias, which belongs to no
 * project.
 */
const makeNamed = async (connection: NetlinkConnection, bridge: BridgeSpec, does: string): Promise<void> => {
  const name = newNameAttribute(bridge.name)
  if ((await findLink(connection, bridge.name)) !== null) throw taken(bridge.name, does)
  const data = [
    attributeU32(IFLA_BR_FORWARD_DELAY, 0),
    attributeU32(IFLA_BR_STP_STATE, 0),
    ...netfilterData(bridge),
  ]
  const [made = 0, named = 0] = await send(connection, [
    {
      type: RTM_NEWLINK,
      flags: NLM_F_CREATE | NLM_F_EXCL,
      payload: [interfaceInfo({}), name, attribute(IFLA_ADDRESS, bridgeMac(bridge.mac)), bridgeInfo(...data)],
      does,
    },
    { type: RTM_SETLINK, payload: [interfaceInfo({}), name, aliasAttribute(bridge.alias)], does },
  ])
  if (made !== 0) {
    // Another program made a link of this name meanwhile. It must not keep our alias.
    if (named === 0)
      await send(connection, [
        { type: RTM_SETLINK, payload: [interfaceInfo({}), name, aliasAttribute('')], does },
      ])
    throw made === EEXIST ? taken(bridge.name, does) : changeError(does, made, [], refusalsOfBridge)
  }
  if (named !== 0) {
    await send(connection, [{ type: RTM_DELLINK, payload: [interfaceInfo({}), name], does }])
    throw changeError(`write the alias of ${bridge.name}`, named, [])
  }
}

const refusalsOfBridge: Refusals = {
  [EOPNOTSUPP]: {
    why: 'this kernel has no links of kind bridge (EOPNOTSUPP)',
    mend: 'Load the module (modprobe bridge), or use a kernel that has it (CONFIG_BRIDGE).',
  },
}

const taken = (name: string, does: string): ApplyError =>
  new ApplyError(
    {
      problem: `Could not ${does}: an interface named ${name} is there already.`,
      remedy: ({ bridge }) => `Choose another name ${bridge}.`,
    },
    { applied: [], stderr: 'EEXIST: file already exists' },
  )

/**
 * The MAC address of a bridge. A bridge without its own address takes the lowest one of its ports, and changes it with
 * them (`br_stp_recalculate_bridge_id`). Containers would then have a stale neighbour entry for their gateway.
 */
const bridgeMac = (mac: string | undefined): Uint8Array =>
  mac === undefined ? Uint8Array.of(0x02, ...randomBytes(5)) : macBytes(mac)

const switchOnIp6 = (bridge: BridgeSpec): void => {
  const disabled = `net.ipv6.conf.${bridge.name.replaceAll('.', '/')}.disable_ipv6`
  if (bridge.addresses.some((address) => address.includes(':')) && readSysctl(disabled) === '1')
    writeSysctl(disabled, '0')
}
