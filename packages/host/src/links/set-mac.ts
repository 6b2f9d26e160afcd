import { ApplyError } from '@portolan/netfilter'
import { attribute } from '../netlink/attribute.ts'
import { changeError, errnoText } from '../netlink/change-error.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { EADDRINUSE, EBUSY, EOPNOTSUPP } from '../netlink/errno.ts'
import { macBytes } from '../netlink/mac-bytes.ts'
import { send } from '../netlink/request.ts'
import { IFLA_ADDRESS, RTM_SETLINK } from '../netlink/rtnetlink.ts'
import { requireLink } from './find-link.ts'
import { interfaceInfo } from './interface-info.ts'

export const setMac = async (connection: NetlinkConnection, name: string, mac: string): Promise<void> => {
  const does = `give ${name} the MAC address ${mac}`
  const address = attribute(IFLA_ADDRESS, macBytes(mac))
  const { index, kind } = await requireLink(connection, name, does)
  const [errno = 0] = await send(connection, [
    { type: RTM_SETLINK, payload: [interfaceInfo({ index }), address], does },
  ])
  if (errno === 0) return
  const words = reasons(kind)[errno]
  if (words === undefined) throw changeError(does, errno, [])
  throw new ApplyError(`Could not ${does}: ${words}.`, { applied: [], stderr: errnoText(errno) })
}

const reasons = (kind: string): Readonly<Record<number, string>> => ({
  [EBUSY]:
    'the interface does not change it while it is up, or another child of its parent has it. Set it down first, or take another address',
  [EOPNOTSUPP]: `interfaces of kind ${kind} keep the address that they have`,
  [EADDRINUSE]: 'another child of its parent has that address. Take another one',
})
