import type { DesiredNetwork, DesiredSubnet } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import { drop, inBy, notFrom, state } from '../model/build.ts'
import * as chains from '../model/object-name.ts'
import type { Members } from './external-network.ts'
import { prefixLiteral } from './literals.ts'
import { betweenPhase } from './order/phase.ts'
import type { Place, PlacedRule } from './parts.ts'

/**
 * The rules that drop packets which would leave a masqueraded network with a private source. Conntrack's INVALID is
 * never translated (nf_nat_core.c `nf_nat_inet_fn` takes NEW and RELATED). UNTRACKED is not translated either; the
 * kernel itself leaves some ICMPv6 untracked (nf_conntrack_proto_icmpv6.c: neighbour discovery and MLD). The masquerade
 * rule also leaves out sources outside the subnet, such as those of a container that routes for others.
 */
export const unmasqueraded = (
  network: DesiredNetwork,
  subnet: DesiredSubnet,
  family: Family,
  members: Members,
  place: Place,
): readonly PlacedRule[] => {
  if (!subnet.masquerade || network.internal || subnet.mode === 'isolated') return []
  // On a foreign bridge foreign sources are left alone.
  const prefix = network.external ? null : prefixLiteral(subnet.subnet, family)
  const { between } = chains
  const { outward } = betweenPhase
  const entry = inBy(network.bridge)
  return [
    ...members.away.map((away) =>
      place(
        'mangle',
        between,
        outward,
        [...away, state('INVALID', 'UNTRACKED')],
        'would not be masqueraded',
        drop,
      ),
    ),
    ...(prefix === null
      ? []
      : [
          place(
            'mangle',
            between,
            outward,
            [notFrom(prefix), entry, state('NEW')],
            'would not be masqueraded',
            drop,
          ),
        ]),
  ]
}
