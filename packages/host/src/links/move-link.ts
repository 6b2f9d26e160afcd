import { ApplyError } from '@portolan/netfilter'
import type { NamespaceReference } from '../namespace/network-namespace.ts'
import { changeError, errnoText } from '../netlink/change-error.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EEXIST, EINVAL } from '../netlink/errno.ts'
import { send } from '../netlink/request.ts'
import { RTM_SETLINK } from '../netlink/rtnetlink.ts'
import { findLink, requireLink } from './find-link.ts'
import { inNamespace } from './in-namespace.ts'
import { interfaceInfo } from './interface-info.ts'
import { isNameTaken } from './is-name-taken.ts'
import { newNameAttribute } from './new-name.ts'

export const moveLink = async (
  connection: NetlinkConnection,
  name: string,
  netns: NamespaceReference,
  as: string | undefined,
): Promise<void> =>
  inNamespace(netns, async (namespace, where, descriptor) => {
    const does = `move ${name} to ${where}`
    const renamed = as === undefined ? [] : [newNameAttribute(as)]
    const { index, kind } = await requireLink(connection, name, does)
    const refused = (words: string, errno: number): ApplyError =>
      new ApplyError(`Could not ${does}: ${words}.`, { applied: [], stderr: errnoText(errno) })
    const taken = `an interface named ${as ?? name} is there already. Give it another name there`
    // The kernel moves the link before it renames it (`do_setlink`). If the new name is taken there, the link would
    // stay there under its old name. Without a new name the kernel checks before it moves
    // (`__dev_change_net_namespace`).
    if (as !== undefined && as !== name && (await isNameTaken(connection, descriptor, as)))
      throw refused(taken, EEXIST)
    const [errno = 0] = await send(connection, [
      { type: RTM_SETLINK, payload: [interfaceInfo({ index }), namespace, ...renamed], does },
    ])
    if (errno === 0) return
    if (errno === EEXIST && as !== undefined && (await findLink(connection, name))?.index !== index)
      // Another program took the name after the check.
      throw refused(
        `another program made an interface named ${as} there meanwhile. So ${name} is there now under its old name, and down: rename it there, or move it back`,
        errno,
      )
    if (errno === EEXIST) throw refused(taken, errno)
    if (errno === EINVAL)
      throw refused(`an interface of kind ${kind} stays in its namespace. Make it there instead`, errno)
    throw changeError(does, errno, [])
  })
