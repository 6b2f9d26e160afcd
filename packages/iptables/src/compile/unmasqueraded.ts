import type { DesiredNetwork, DesiredSubnet } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import { drop, inBy, notFrom, state } from '../model/build.ts'
import type { Members } from './external-network.ts'
import { prefixLiteral } from './literals.ts'
import * as chains from './object-name.ts'
import { betweenPhase } from './order/phase.ts'
import type { Place, PlacedRule } from './parts.ts'

/**
 * What must not leave for the outside by a network that is masqueraded: it would keep a private source. Conntrack's
 * INVALID is never translated (nf_nat_core.c `nf_nat_inet_fn` takes NEW and RELATED), nor is UNTRACKED, which the kernel
 * makes of some ICMPv6 by itself (nf_conntrack_proto_icmpv6.c: neighbour discovery and MLD), nor the source of another
 * network, as that of a container that routes for others.
 */
export const unmasqueraded = (
  network: DesiredNetwork,
  subnet: DesiredSubnet,
  family: Family,
  members: Members,
  place: Place,
): readonly PlacedRule[] => {
  if (!subnet.masquerade || network.internal || subnet.mode === 'isolated') return []
  // On a bridge of others no source of theirs is ours to judge.
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
