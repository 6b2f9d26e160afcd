import { ApplyError } from '@portolan/netfilter'
import { changeError, errnoText } from '../netlink/change-error.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EINVAL, ERANGE } from '../netlink/errno.ts'
import { send } from '../netlink/request.ts'
import { RTM_SETLINK } from '../netlink/rtnetlink.ts'
import { requireLink } from './find-link.ts'
import { interfaceInfo } from './interface-info.ts'
import { mtuAttribute } from './mtu-attribute.ts'

export const setMtu = async (connection: NetlinkConnection, name: string, mtu: number): Promise<void> => {
  const does = `set the MTU of ${name} to ${mtu}`
  const attribute = mtuAttribute(mtu)
  const { index } = await requireLink(connection, name, does)
  const [errno = 0] = await send(connection, [
    { type: RTM_SETLINK, payload: [interfaceInfo({ index }), attribute], does },
  ])
  if (errno === 0) return
  if (errno !== EINVAL && errno !== ERANGE) throw changeError(does, errno, [])
  throw new ApplyError(
    `Could not ${does}: the interface takes no such size. A macvlan, ipvlan or VLAN has at most that of its parent, and an interface of hardware what its driver allows (ip -d link shows maxmtu).`,
    { applied: [], stderr: errnoText(errno) },
  )
}
