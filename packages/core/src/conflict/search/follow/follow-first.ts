import type { Followed, Follower, Learner } from '@portolan/netfilter/analysis'
import { openFlow } from '@portolan/netfilter/analysis'
import type { Point } from '../region/region.ts'
import type { Row } from '../rows/row.ts'

/**
 * Follows the first packet of a flow.
 *
 * @param packet - the origin of the packet; its addresses and ports come from `point`
 * @param learner - notes what the packet's way depends on; null: nothing is noted
 */
export const followFirst = (
  follower: Follower,
  { family, protocol, in: from, choosesSource }: Pick<Row, 'family' | 'protocol' | 'in' | 'choosesSource'>,
  point: Point,
  learner: Learner | null,
): Followed =>
  follower.follow(
    openFlow(
      follower.host,
      {
        family,
        protocol,
        in: from,
        port: null,
        saddr: choosesSource ? null : point.saddr,
        daddr: point.daddr,
        sport: Number(point.sport),
        dport: Number(point.dport),
        state: 'new',
        mark: 0,
        tcpFlags: null,
        icmpType: null,
        icmpCode: 0,
      },
      learner,
    ),
  )
