import { parseEndpointAlias } from '@portolan/core'
import {
  eachAttribute,
  littleEndian,
  type MessageView,
  NLM_F_CREATE,
  NLM_F_EXCL,
} from '@portolan/core/netlink'
import { ApplyError, InspectError, oneWay } from '@portolan/netfilter'
import { type LinkRecord, parseLink } from '../facts/read-links.ts'
import { attribute, attributeText, attributeU32, concatenate, nested } from '../netlink/attribute.ts'
import { changeError, errnoText, type Refusals } from '../netlink/change-error.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EEXIST, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, EXFULL } from '../netlink/errno.ts'
import { macBytes } from '../netlink/mac-bytes.ts'
import { change, get, send } from '../netlink/request.ts'
import {
  IFF_RUNNING,
  IFLA_ADDRESS,
  IFLA_CARRIER_UP_COUNT,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINK_NETNSID,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_NET_NS_FD,
  NETNSA_FD,
  NETNSA_NSID,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_GETNSID,
  RTM_NEWLINK,
  RTM_SETLINK,
  VETH_INFO_PEER,
} from '../netlink/rtnetlink.ts'
import { aliasAttribute } from './bridge-attributes.ts'
import { fullBridge, portChange } from './bridge-port.ts'
import { findLink, nameAttribute, requireBridge, requireLink } from './find-link.ts'
import { interfaceInfo } from './interface-info.ts'
import type { EndpointLink, VethSpec } from './links.ts'
import { newNameAttribute } from './new-name.ts'

/**
 * Makes both ends of a veth pair in one message. The peer is made in its namespace under its final name
 * (drivers/net/veth.c `veth_newlink`). So a killed process leaves no end with a temporary name, and no program sees
 * one.
 */
export const createVeth = async (connection: NetlinkConnection, veth: VethSpec): Promise<void> => {
  const does = `attach ${veth.peer.name} of ${veth.peer.where} to the bridge ${veth.bridge}`
  const bridge = await requireBridge(connection, veth.bridge, does)
  const name = newNameAttribute(veth.name)
  const mtu = attributeU32(IFLA_MTU, veth.mtu)
  const peer = concatenate([
    interfaceInfo({}),
    newNameAttribute(veth.peer.name),
    attribute(IFLA_ADDRESS, macBytes(veth.peer.mac)),
    mtu,
    attributeU32(IFLA_NET_NS_FD, veth.peer.namespace),
  ])
  const pair = nested(
    IFLA_LINKINFO,
    attributeText(IFLA_INFO_KIND, 'veth'),
    nested(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, peer)),
  )
  if ((await findLink(connection, veth.name)) !== null) throw taken(veth.name, does)
  const [made = 0, named = 0] = await send(connection, [
    {
      type: RTM_NEWLINK,
      flags: NLM_F_CREATE | NLM_F_EXCL,
      // The bridge is set here too: the link is still down, so no frame passes before the port is configured.
      payload: [interfaceInfo({}), name, mtu, pair, attributeU32(IFLA_MASTER, bridge.index)],
      does,
    },
    // The kernel ignores the alias in the message that creates. Within one system call no kill comes between the two.
    { type: RTM_SETLINK, payload: [interfaceInfo({}), name, aliasAttribute(veth.alias)], does },
  ])
  if (made !== 0) {
    // Another program made a link of this name meanwhile. It must not keep our alias.
    if (named === 0) {
      const undo = { type: RTM_SETLINK, payload: [interfaceInfo({}), name, aliasAttribute('')], does }
      await send(connection, [undo])
      throw taken(veth.name, does)
    }
    throw await refusal(connection, veth, does, made)
  }
  const { index } = await requireLink(connection, veth.name, does)
  try {
    if (named !== 0) throw changeError(`write the alias of ${veth.name}`, named, [])
    await change(connection, [
      ...portChange(index, veth.name, veth.port),
      { type: RTM_SETLINK, payload: [interfaceInfo({ index, up: true })], does: `set ${veth.name} up` },
    ])
  } catch (error) {
    await send(connection, [{ type: RTM_DELLINK, payload: [interfaceInfo({ index })], does }])
    throw error
  }
}

const refusal = async (
  connection: NetlinkConnection,
  { name, peer }: VethSpec,
  does: string,
  errno: number,
): Promise<Error> => {
  if (errno !== EEXIST) return changeError(does, errno, [], refusalsOfVeth)
  if ((await findLink(connection, name)) !== null) return taken(name, does)
  return new ApplyError(
    {
      problem: `Could not ${does}: an interface named ${peer.name} is there already.`,
      remedy: (wording) => oneWay(wording.interface, 'remove that one'),
    },
    { applied: [], stderr: errnoText(errno) },
  )
}

const refusalsOfVeth: Refusals = {
  [EXFULL]: fullBridge,
  [EOPNOTSUPP]: {
    why: 'this kernel has no links of kind veth (EOPNOTSUPP)',
    mend: 'Load the module (modprobe veth), or use a kernel that has it (CONFIG_VETH).',
  },
}

const taken = (name: string, does: string): ApplyError =>
  new ApplyError(
    `Could not ${does}: the host's end would be named ${name}, and the host already has an interface of that name. Rename or remove that one.`,
    {
      applied: [],
      stderr: errnoText(EEXIST),
    },
  )

/** Deletes the host's end of an endpoint's veth pair, and with it the other end. */
export const deleteEndpointLink = async (connection: NetlinkConnection, name: string): Promise<void> => {
  const link = await findLink(connection, name)
  if (link === null) return
  if (parseEndpointAlias(link.alias) === null)
    throw new ApplyError(
      `Could not delete the interface ${name}: it is not the end of an endpoint of Portolan's (its alias is "${link.alias}").`,
      { applied: [], stderr: '' },
    )
  const does = `delete the interface ${name}`
  const [errno = 0] = await send(connection, [
    { type: RTM_DELLINK, payload: [interfaceInfo({ index: link.index })], does },
  ])
  // If the namespace of the other end ends just now, the kernel deletes both ends.
  if (errno !== 0 && errno !== ENODEV) throw changeError(does, errno, [])
}

/**
 * Reads one link. For this request the kernel updates the link's carrier state (`rtnl_getlink` calls
 * `linkwatch_sync_dev`, Linux 6.8). Afterwards a bridge port forwards and a bridge transmits. Before 6.8 the update may
 * take a second.
 */
export const readEndpointLink = async (
  connection: NetlinkConnection,
  name: string,
): Promise<EndpointLink | null> => {
  const found: { link: LinkRecord | null; namespace: number | null; running: boolean; carried: boolean } = {
    link: null,
    namespace: null,
    running: false,
    carried: false,
  }
  await get(connection, RTM_GETLINK, [interfaceInfo({}), nameAttribute(name)], ENODEV, (part) => {
    found.link = parseLink(part)
    found.running = (part.view.getUint32(part.start + 8, littleEndian) & IFF_RUNNING) !== 0
    eachAttribute(part.view, part.start + 16, part.end, (type, from) => {
      if (type === IFLA_LINK_NETNSID) found.namespace = part.view.getInt32(from, littleEndian)
      if (type === IFLA_CARRIER_UP_COUNT) found.carried = part.view.getUint32(from, littleEndian) > 0
    })
  })
  if (found.link === null) return null
  const { alias, kind } = found.link
  return { alias, kind, carries: found.running, hasCarried: found.carried, namespace: found.namespace }
}

/**
 * The number that this namespace has for another one (`peernet2id`, net/core/net_namespace.c). The kernel lists a link
 * whose other end is there with this number.
 *
 * @param namespace - a descriptor of the namespace
 * @returns null: the namespace has no number here, so no link leads there
 * @throws ApplyError for a descriptor of something else
 */
export const namespaceNumber = async (
  connection: NetlinkConnection,
  namespace: number,
): Promise<number | null> => {
  let number = -1
  let refused = true
  await get(
    connection,
    RTM_GETNSID,
    // struct rtgenmsg, padded.
    [new Uint8Array(4), attributeU32(NETNSA_FD, namespace)],
    EINVAL,
    ({ view, start, end }: MessageView) => {
      refused = false
      eachAttribute(view, start + 4, end, (type, from) => {
        if (type === NETNSA_NSID) number = view.getInt32(from, littleEndian)
      })
    },
  )
  if (refused)
    throw new ApplyError('Could not find the network namespace: it is a namespace of another kind.', {
      applied: [],
      stderr: errnoText(EINVAL),
    })
  return number < 0 ? null : number
}

/**
 * Tells whether the namespace with this number is still in use (`get_net_ns_by_id`, net/core/net_namespace.c). The
 * links of an ended namespace are listed until the kernel removes them.
 *
 * @returns true also where the kernel cannot be asked (before Linux 5.0)
 */
export const hasNamespace = async (connection: NetlinkConnection, number: number): Promise<boolean> => {
  let isThere = false
  try {
    const payload = [new Uint8Array(4), attributeU32(NETNSA_NSID, number)]
    await get(connection, RTM_GETNSID, payload, ENOENT, () => {
      isThere = true
    })
  } catch (error) {
    if (error instanceof InspectError) return true
    throw error
  }
  return isThere
}
