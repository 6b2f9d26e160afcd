import { eachAttribute, littleEndian, type MessageView } from '@portolan/core/netlink'
import type { PeerFact } from '@portolan/netfilter'
import { addressText } from '../address/address-text.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { AF_INET, AF_INET6 } from '../netlink/constants.ts'
import { dump } from '../netlink/request.ts'
import { IFA_ADDRESS, IFA_LOCAL, IFA_PROTO, RTM_GETADDR } from '../netlink/rtnetlink.ts'

/** include/uapi/linux/if_addr.h, IFAPROT_KERNEL_RA. */
const FROM_ROUTER = 2

/** Lists the addresses of each link, in CIDR form with host bits kept, by the index of the link. */
export const readAddresses = async (
  connection: NetlinkConnection,
): Promise<{
  addresses: ReadonlyMap<number, readonly string[]>
  /** The peers of the links that have any. */
  peers: ReadonlyMap<number, readonly PeerFact[]>
  /** The links with an address from a router advertisement. */
  autoconfigured: ReadonlySet<number>
  consistent: boolean
}> => {
  const addresses = new Map<number, string[]>()
  const peers = new Map<number, PeerFact[]>()
  const autoconfigured = new Set<number>()
  const consistent = await dump(connection, RTM_GETADDR, new Uint8Array(8), (part) => {
    const address = parseInterfaceAddress(part)
    if (address === null) return
    if (address.fromRouter) autoconfigured.add(address.index)
    const list = addresses.get(address.index)
    if (list === undefined) addresses.set(address.index, [address.text])
    else list.push(address.text)
    if (address.peer !== null) peers.set(address.index, [...(peers.get(address.index) ?? []), address.peer])
  })
  return { addresses, peers, autoconfigured, consistent }
}

/** Reads one RTM_NEWADDR: struct ifaddrmsg and its attributes; null for a family that is not IP. */
export const parseInterfaceAddress = ({
  view,
  start,
  end,
}: MessageView): {
  readonly index: number
  readonly text: string
  readonly peer: PeerFact | null
  readonly fromRouter: boolean
} | null => {
  const family = view.getUint8(start)
  if (family !== AF_INET && family !== AF_INET6) return null
  const size = family === AF_INET ? 4 : 16
  let address: string | null = null
  let local: string | null = null
  let fromRouter = false
  eachAttribute(view, start + 8, end, (type, from, to) => {
    if (type === IFA_PROTO) fromRouter = view.getUint8(from) === FROM_ROUTER
    if (to - from !== size) return
    if (type === IFA_ADDRESS) address = addressText(view, from, size)
    else if (type === IFA_LOCAL) local = addressText(view, from, size)
  })
  const own = local ?? address
  if (own === null) return null
  // On a point-to-point link the prefix is the peer's (IFA_ADDRESS), and our own address has no prefix.
  const pointToPoint = local !== null && address !== null && local !== address
  const length = view.getUint8(start + 1)
  return {
    index: view.getUint32(start + 4, littleEndian),
    text: `${own}/${pointToPoint ? size * 8 : length}`,
    peer: pointToPoint ? { address: own, peer: `${address}/${length}` } : null,
    fromRouter,
  }
}
