import { littleEndian } from '@portolan/core/netlink'
import { IFF_UP } from '../netlink/rtnetlink.ts'

/** struct ifinfomsg: the index of the link (0 where a name follows), and whether to set the link up. */
export const interfaceInfo = (link: { readonly index?: number; readonly up?: boolean }): Uint8Array => {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setInt32(4, link.index ?? 0, littleEndian)
  if (link.up !== undefined) {
    view.setUint32(8, link.up ? IFF_UP : 0, littleEndian)
    view.setUint32(12, IFF_UP, littleEndian)
  }
  return bytes
}
