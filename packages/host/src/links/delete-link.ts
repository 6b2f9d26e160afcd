import { ApplyError } from '@portolan/netfilter'
import { changeError, errnoText } from '../netlink/change-error.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EOPNOTSUPP } from '../netlink/errno.ts'
import { send } from '../netlink/request.ts'
import { RTM_DELLINK } from '../netlink/rtnetlink.ts'
import { findLink } from './find-link.ts'
import { interfaceInfo } from './interface-info.ts'

export const deleteLink = async (connection: NetlinkConnection, name: string): Promise<void> => {
  const link = await findLink(connection, name)
  if (link === null) return
  const does = `delete the interface ${name}`
  const [errno = 0] = await send(connection, [
    { type: RTM_DELLINK, payload: [interfaceInfo({ index: link.index })], does },
  ])
  if (errno === EOPNOTSUPP)
    throw new ApplyError(
      `Could not ${does}: the kernel cannot delete an interface of kind ${link.kind}. Set it down, or move it to another network namespace.`,
      { applied: [], stderr: errnoText(errno) },
    )
  if (errno !== 0) throw changeError(does, errno, [])
}
