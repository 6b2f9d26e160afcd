import { ApplyError } from '@portolan/netfilter'
import { changeError, errnoText } from '../netlink/change-error.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EBUSY, EEXIST } from '../netlink/errno.ts'
import { send } from '../netlink/request.ts'
import { RTM_SETLINK } from '../netlink/rtnetlink.ts'
import { requireLink } from './find-link.ts'
import { interfaceInfo } from './interface-info.ts'
import { newNameAttribute } from './new-name.ts'

export const renameLink = async (connection: NetlinkConnection, name: string, to: string): Promise<void> => {
  const does = `rename ${name} to ${to}`
  const attribute = newNameAttribute(to)
  const { index } = await requireLink(connection, name, does)
  const [errno = 0] = await send(connection, [
    { type: RTM_SETLINK, payload: [interfaceInfo({ index }), attribute], does },
  ])
  if (errno === 0) return
  const words = reasons[errno]
  if (words === undefined) throw changeError(does, errno, [])
  throw new ApplyError(`Could not ${does}: ${words}.`, { applied: [], stderr: errnoText(errno) })
}

const reasons: Readonly<Record<number, string>> = {
  [EBUSY]: 'this kernel renames no interface that is up (before Linux 6.2). Set it down first',
  [EEXIST]: 'an interface of that name is there already. Choose another name',
}
