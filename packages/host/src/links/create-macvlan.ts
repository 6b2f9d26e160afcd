import { attributeU32 } from '../netlink/attribute.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EINVAL } from '../netlink/errno.ts'
import { IFLA_MACVLAN_MODE } from '../netlink/rtnetlink.ts'
import { checkChoice } from './check-choice.ts'
import { createLink } from './create-link.ts'
import type { MacvlanMode, MacvlanSpec } from './link-spec.ts'
import { explainParent, requireParent } from './require-parent.ts'

/** include/uapi/linux/if_link.h `enum macvlan_mode`. */
const modes: Readonly<Record<MacvlanMode, number>> = { private: 1, vepa: 2, bridge: 4, passthru: 8 }

export const createMacvlan = async (connection: NetlinkConnection, link: MacvlanSpec): Promise<void> => {
  const does = `create the macvlan ${link.name}`
  const mode = checkChoice(modes, link.mode ?? 'bridge', 'mode of macvlan', does)
  const parent = await requireParent(connection, link.parent, does)
  await createLink(connection, link, {
    kind: 'macvlan',
    option: 'CONFIG_MACVLAN',
    module: 'macvlan',
    parent: parent.index,
    data: [attributeU32(IFLA_MACVLAN_MODE, mode)],
    explain: (errno) =>
      errno === EINVAL
        ? `${link.parent} accepts no such macvlan: its MTU is smaller, or one in mode passthru has to be the only one on it. Give an MTU of at most that of ${link.parent}, or another mode`
        : explainParent(link.parent, errno),
  })
}
