import { ApplyError } from '@portolan/netfilter'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EEXIST, EINVAL } from '../netlink/errno.ts'
import { changeError, errnoText, send } from '../netlink/request.ts'
import { RTM_SETLINK } from '../netlink/rtnetlink.ts'
import { nameAttribute, requireLink } from './find-link.ts'
import { interfaceInfo } from './interface-info.ts'
import { describeNamespace, type NamespacePlace, withNamespace } from './namespace-place.ts'

export const moveLink = async (
  connection: NetlinkConnection,
  name: string,
  netns: NamespacePlace,
  as: string | undefined,
): Promise<void> => {
  const where = describeNamespace(netns)
  const does = `move ${name} to ${where}`
  const { index, kind } = await requireLink(connection, name, does)
  const renamed = as === undefined ? [] : [nameAttribute(as)]
  const [errno = 0] = await withNamespace(netns, does, (namespace) =>
    send(connection, [
      { type: RTM_SETLINK, payload: [interfaceInfo({ index }), namespace, ...renamed], does },
    ]),
  )
  if (errno === 0) return
  const words =
    errno === EEXIST
      ? `an interface named ${as ?? name} is there already. Give it another name there`
      : errno === EINVAL
        ? `an interface of kind ${kind} stays in its namespace, or the namespace is none of networks. Make it there instead`
        : null
  if (words === null) throw changeError(does, errno, [])
  throw new ApplyError(`Could not ${does}: ${words}.`, { applied: [], stderr: errnoText(errno) })
}
