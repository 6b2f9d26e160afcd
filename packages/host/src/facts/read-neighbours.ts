import { eachAttribute, littleEndian } from '@portolan/core/netlink'
import type { NeighbourFact } from '@portolan/netfilter'
import { addressText } from '../address/address-text.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { AF_INET, AF_INET6 } from '../netlink/constants.ts'
import { dump } from '../netlink/request.ts'
import { RTM_GETNEIGH } from '../netlink/rtnetlink.ts'

/** include/uapi/linux/neighbour.h. */
const NDMSG_LENGTH = 12
const NDA_DST = 1

/**
 * States in which a machine has answered, or an administrator says that it exists (NUD_*). The other states say nothing
 * about a machine: FAILED and INCOMPLETE have no answer, NOARP is multicast.
 */
const states: Readonly<Record<number, string>> = {
  2: 'reachable',
  4: 'stale',
  8: 'delay',
  16: 'probe',
  128: 'permanent',
}

/**
 * Lists the neighbours that have answered, of IPv4 (ARP) and IPv6 (neighbour discovery).
 *
 * @param name - the name of an interface by its index
 */
export const readNeighbours = async (
  connection: NetlinkConnection,
  name: (index: number) => string | null,
): Promise<{ readonly neighbours: readonly NeighbourFact[]; readonly consistent: boolean }> => {
  const neighbours: NeighbourFact[] = []
  const consistent = await dump(
    connection,
    RTM_GETNEIGH,
    new Uint8Array(NDMSG_LENGTH),
    ({ view, start, end }) => {
      const family = view.getUint8(start)
      const device = name(view.getInt32(start + 4, littleEndian))
      const state = states[view.getUint16(start + 8, littleEndian)]
      if ((family !== AF_INET && family !== AF_INET6) || state === undefined || device === null) return
      const size = family === AF_INET ? 4 : 16
      eachAttribute(view, start + NDMSG_LENGTH, end, (type, from, to) => {
        if (type === NDA_DST && to - from === size)
          neighbours.push({ address: addressText(view, from, size), interface: device, state })
      })
    },
  )
  return { neighbours, consistent }
}
