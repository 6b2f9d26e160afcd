import { attributeU16 } from '../netlink/attribute.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { IFLA_IPVLAN_FLAGS, IFLA_IPVLAN_MODE } from '../netlink/rtnetlink.ts'
import { checkChoice } from './check-choice.ts'
import { createLink } from './create-link.ts'
import type { IpvlanMode, IpvlanSpec } from './link-spec.ts'
import { explainParent, requireParent } from './require-parent.ts'

/** include/uapi/linux/if_link.h `enum ipvlan_mode`. */
const modes: Readonly<Record<IpvlanMode, number>> = { l2: 0, l3: 1, l3s: 2 }

/** include/uapi/linux/if_link.h `IPVLAN_F_PRIVATE`, `IPVLAN_F_VEPA`. */
const flags: Readonly<Record<'bridge' | 'private' | 'vepa', number>> = { bridge: 0, private: 1, vepa: 2 }

export const createIpvlan = async (connection: NetlinkConnection, link: IpvlanSpec): Promise<void> => {
  const does = `create the ipvlan ${link.name}`
  const mode = checkChoice(modes, link.mode ?? 'l2', 'mode of ipvlan', does)
  const flag = checkChoice(flags, link.flag ?? 'bridge', 'flag of ipvlan', does)
  const parent = await requireParent(connection, link.parent, does)
  await createLink(connection, link, {
    kind: 'ipvlan',
    option: 'CONFIG_IPVLAN',
    module: 'ipvlan',
    parent: parent.index,
    data: [attributeU16(IFLA_IPVLAN_MODE, mode), attributeU16(IFLA_IPVLAN_FLAGS, flag)],
    explain: (errno) => explainParent(link.parent, errno),
  })
}
