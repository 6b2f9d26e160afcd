import { eachAttribute } from '@portolan/core/netlink'
import { attributeU32 } from '../netlink/attribute.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { ENODEV } from '../netlink/errno.ts'
import { get, send } from '../netlink/request.ts'
import {
  IFLA_TARGET_NETNSID,
  NETNSA_FD,
  NETNSA_NSID,
  RTM_GETLINK,
  RTM_NEWNSID,
} from '../netlink/rtnetlink.ts'
import { namespaceNumber } from './endpoint-link.ts'
import { nameAttribute } from './find-link.ts'
import { interfaceInfo } from './interface-info.ts'

/** The value that lets the kernel choose the number. */
const ANY_NUMBER = -1

/**
 * Tells whether an interface in another network namespace has this name. The kernel finds the namespace by the number
 * that it has here. A namespace without a number gets one. The kernel also gives one when a link with an end here moves
 * there.
 *
 * @param namespace - a descriptor of the namespace
 * @returns false also where the kernel cannot look there (before Linux 4.15)
 */
export const isNameTaken = async (
  connection: NetlinkConnection,
  namespace: number,
  name: string,
): Promise<boolean> => {
  const number = (await namespaceNumber(connection, namespace)) ?? (await numbered(connection, namespace))
  if (number === null) return false
  let isThere = false
  const target = attributeU32(IFLA_TARGET_NETNSID, number)
  await get(connection, RTM_GETLINK, [interfaceInfo({}), nameAttribute(name), target], ENODEV, (part) => {
    // A kernel that does not know the attribute answers for this namespace, and its answer lacks the attribute.
    eachAttribute(part.view, part.start + 16, part.end, (type) => {
      if (type === IFLA_TARGET_NETNSID) isThere = true
    })
  })
  return isThere
}

const numbered = async (connection: NetlinkConnection, namespace: number): Promise<number | null> => {
  await send(connection, [
    {
      type: RTM_NEWNSID,
      // struct rtgenmsg, padded.
      payload: [new Uint8Array(4), attributeU32(NETNSA_NSID, ANY_NUMBER), attributeU32(NETNSA_FD, namespace)],
      does: 'number a network namespace',
    },
  ])
  return namespaceNumber(connection, namespace)
}
