import type { DesiredNetwork, DesiredSubnet } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import { from, goto, masquerade, notOutBy, returns, snat, state, to } from '../model/build.ts'
import * as chains from '../model/object-name.ts'
import type { Target } from '../model/option/target.ts'
import type { Members } from './external-network.ts'
import { addressLiteral, prefixLiteral } from './literals.ts'
import { commonPhase, sourcePhase } from './order/phase.ts'
import type { Place, PlacedRule } from './parts.ts'

export const loopback = '127.0.0.0/8'

/** The comment of the rules that exempt the blocks of other hosts. */
export const exemption = 'to another host of the cluster'

/**
 * The rules that translate the source of packets to a network's containers, and of packets that the containers send
 * out.
 */
export const sources = (
  network: DesiredNetwork,
  subnet: DesiredSubnet,
  family: Family,
  members: Members,
  place: Place,
): readonly PlacedRule[] => {
  const { bridge } = network
  const chain = chains.sourceOfBridge(bridge)
  const prefix = prefixLiteral(subnet.subnet, family)
  const inside = prefix === null ? [] : [from(prefix)]
  const toMembers = (target: Target): readonly PlacedRule[] =>
    members.to.map((one) => place('nat', chains.source, commonPhase.byExit, one, 'to our bridge', target))
  const rules: PlacedRule[] = []
  if (subnet.gateway === null) {
    rules.push(...toMembers(returns))
  } else {
    const gateway = snat(addressLiteral(subnet.gateway, family))
    rules.push(
      ...toMembers(goto(chain)),
      // A reply between two ports of one bridge would not pass the host. The gateway's address as source brings it back
      // here.
      place('nat', chain, sourcePhase.hairpin, [...inside, state('DNAT')], 'hairpin', gateway),
    )
    if (family === 'ip') {
      rules.push(
        place('nat', chain, sourcePhase.loopback, [from(loopback)], 'from the host by loopback', gateway),
      )
    }
  }
  if (inside.length > 0 && subnet.masquerade && !network.internal && !network.external)
    for (const block of subnet.unmasqueraded ?? []) {
      const kept = prefixLiteral(block, family)
      if (kept === null) continue
      rules.push(place('nat', chains.source, commonPhase.kept, [...inside, to(kept)], exemption, returns))
    }
  if (subnet.masquerade && !network.internal && subnet.mode !== 'isolated') {
    const phase = prefix === null && !network.external ? commonPhase.all : commonPhase.bySource
    const hidden = network.external
      ? // Packets that stay on the bridge keep their source.
        members.from.map((source) => [...source, notOutBy(bridge)])
      : [inside]
    rules.push(
      ...hidden.map((matches) => place('nat', chains.source, phase, matches, 'masquerade', masquerade)),
    )
  }
  return rules
}
