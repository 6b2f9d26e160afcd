import { NLM_F_CREATE, NLM_F_EXCL } from '@portolan/core/netlink'
import { ApplyError, InvalidRequestError } from '@portolan/netfilter'
import { attribute, attributeText, attributeU32, nested } from '../netlink/attribute.ts'
import { changeError, errnoText } from '../netlink/change-error.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EEXIST, EOPNOTSUPP } from '../netlink/errno.ts'
import { macBytes } from '../netlink/mac-bytes.ts'
import { send } from '../netlink/request.ts'
import {
  IFLA_ADDRESS,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINK,
  IFLA_LINKINFO,
  RTM_DELLINK,
  RTM_NEWLINK,
  RTM_SETLINK,
} from '../netlink/rtnetlink.ts'
import { aliasAttribute } from './bridge-attributes.ts'
import { findLink } from './find-link.ts'
import { inNamespace } from './in-namespace.ts'
import { interfaceInfo } from './interface-info.ts'
import type { LinkSpec } from './link-spec.ts'
import { mtuAttribute } from './mtu-attribute.ts'
import { newNameAttribute } from './new-name.ts'

/** The kind of a link, with the parameters of one link of that kind. */
export interface LinkKind {
  /** The kernel's name of the kind (`rtnl_link_ops.kind`). */
  readonly kind: string
  /** The build option of the kernel that provides this kind. A refusal names it, and the module. */
  readonly option: string
  readonly module: string
  /** The index of the parent; null for a link without one. */
  readonly parent: number | null
  readonly data: readonly Uint8Array[]
  /** Explains an errno, and says what to do; null where the errno says enough. */
  explain(errno: number): string | null
}

/** Makes a link of some kind, in this network namespace or directly in another one. */
export const createLink = async (
  connection: NetlinkConnection,
  link: LinkSpec,
  { kind, option, module, parent, data, explain }: LinkKind,
): Promise<void> => {
  const does = `create the ${kind} ${link.name}`
  const name = newNameAttribute(link.name)
  const payload = [
    interfaceInfo(link.up === true ? { up: true } : {}),
    name,
    ...(parent === null ? [] : [attributeU32(IFLA_LINK, parent)]),
    ...(link.mac === undefined ? [] : [attribute(IFLA_ADDRESS, macBytes(link.mac))]),
    ...(link.mtu === undefined ? [] : [mtuAttribute(link.mtu)]),
    nested(IFLA_LINKINFO, attributeText(IFLA_INFO_KIND, kind), nested(IFLA_INFO_DATA, ...data)),
  ]
  const refusal = async (errno: number): Promise<Error> => {
    const words =
      errno !== EOPNOTSUPP
        ? explain(errno)
        : parent === null || !(await hasKind(connection, kind, does))
          ? `this kernel has no links of kind ${kind}. Load the module (modprobe ${module}), or use a kernel that has it (${option})`
          : `the parent takes no links of kind ${kind}. Take another parent`
    return words === null ? changeError(does, errno, []) : refused(does, words, errnoText(errno))
  }
  if (link.netns !== undefined) await createElsewhere(connection, link, link.netns, payload, does, refusal)
  else await createHere(connection, link, name, payload, does, refusal)
}

type Refusal = (errno: number) => Promise<Error>

/**
 * Tells whether the kernel has a kind of links that need a parent. EOPNOTSUPP means that it has no such kind
 * (net/core/rtnetlink.c `__rtnl_newlink`), or that the parent takes none (net/8021q/vlan.c `vlan_check_real_dev`). So
 * the kernel is asked for a link of that kind without a parent. It never makes one.
 */
const hasKind = async (connection: NetlinkConnection, kind: string, does: string): Promise<boolean> => {
  const [errno = 0] = await send(connection, [
    {
      type: RTM_NEWLINK,
      flags: NLM_F_CREATE | NLM_F_EXCL,
      payload: [interfaceInfo({}), nested(IFLA_LINKINFO, attributeText(IFLA_INFO_KIND, kind))],
      does,
    },
  ])
  return errno !== EOPNOTSUPP
}

const createElsewhere = async (
  connection: NetlinkConnection,
  link: LinkSpec,
  netns: NonNullable<LinkSpec['netns']>,
  payload: readonly Uint8Array[],
  does: string,
  refusal: Refusal,
): Promise<void> => {
  if (link.alias !== undefined)
    throw new InvalidRequestError(
      `Could not ${does}: a link that is made in another network namespace takes no alias. Leave the alias out.`,
    )
  await inNamespace(netns, async (namespace, where) => {
    const [errno = 0] = await send(connection, [
      { type: RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, payload: [...payload, namespace], does },
    ])
    if (errno === EEXIST)
      throw refused(
        does,
        `${where} has an interface of that name or with that address already. Choose another name`,
        errnoText(errno),
      )
    if (errno !== 0) throw await refusal(errno)
  })
}

/**
 * Makes a link in this network namespace. A second message in the same system call writes the alias, because the kernel
 * ignores the alias in the message that creates.
 */
const createHere = async (
  connection: NetlinkConnection,
  link: LinkSpec,
  name: Uint8Array,
  payload: readonly Uint8Array[],
  does: string,
  refusal: Refusal,
): Promise<void> => {
  if ((await findLink(connection, link.name)) !== null)
    throw refused(does, 'an interface of that name is there already. Choose another name', errnoText(EEXIST))
  const { alias } = link
  const [made = 0, named = 0] = await send(connection, [
    { type: RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, payload, does },
    ...(alias === undefined
      ? []
      : [{ type: RTM_SETLINK, payload: [interfaceInfo({}), name, aliasAttribute(alias)], does }]),
  ])
  if (made !== 0) throw await refusal(made)
  if (named === 0) return
  await send(connection, [{ type: RTM_DELLINK, payload: [interfaceInfo({}), name], does }])
  throw changeError(`write the alias of ${link.name}`, named, [])
}

const refused = (does: string, words: string, why: string): ApplyError =>
  new ApplyError(`Could not ${does}: ${words}.`, { applied: [], stderr: why })
