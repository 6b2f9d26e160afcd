import { ApplyError } from '@portolan/netfilter'
import type { NamespaceReference } from '../namespace/network-namespace.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EEXIST, EINVAL } from '../netlink/errno.ts'
import { changeError, errnoText, send } from '../netlink/request.ts'
import { RTM_SETLINK } from '../netlink/rtnetlink.ts'
import { nameAttribute, requireLink } from './find-link.ts'
import { inNamespace } from './in-namespace.ts'
import { interfaceInfo } from './interface-info.ts'

export const moveLink = async (
  connection: NetlinkConnection,
  name: string,
  netns: NamespaceReference,
  as: string | undefined,
): Promise<void> =>
  inNamespace(netns, async (namespace, where) => {
    const does = `move ${name} to ${where}`
    const { index, kind } = await requireLink(connection, name, does)
    const renamed = as === undefined ? [] : [nameAttribute(as)]
    const [errno = 0] = await send(connection, [
      { type: RTM_SETLINK, payload: [interfaceInfo({ index }), namespace, ...renamed], does },
    ])
    if (errno === 0) return
    const words =
      errno === EEXIST
        ? `an interface named ${as ?? name} is there already. Give it another name there`
        : errno === EINVAL
          ? `an interface of kind ${kind} stays in its namespace. Make it there instead`
          : null
    if (words === null) throw changeError(does, errno, [])
    throw new ApplyError(`Could not ${does}: ${words}.`, { applied: [], stderr: errnoText(errno) })
  })
