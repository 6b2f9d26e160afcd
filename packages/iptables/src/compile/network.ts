import {
  type DesiredNetwork,
  type DesiredState,
  type DesiredSubnet,
  type OwnedNetwork,
  ownAddresses,
} from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import {
  accept,
  comment,
  drop,
  from,
  goto,
  inBy,
  isReply,
  jump,
  notInBy,
  notOutBy,
  originalDestination,
  protocol,
  returns,
  rule,
  state,
} from '../model/build.ts'
import * as chains from '../model/object-name.ts'
import type { Match } from '../model/option/match.ts'
import { isLimited } from './direct-mapping.ts'
import { foreignBridgeMembers, type Members, ownBridgeMembers } from './external-network.ts'
import { interfaceLiteral, prefixLiteral } from './literals.ts'
import { openingRules } from './opening.ts'
import { acceptPhase, betweenPhase, commonPhase, toBridgePhase as to } from './order/phase.ts'
import type { Place, PlacedRule } from './parts.ts'
import { loopback, sources } from './source-translation.ts'
import { tag } from './tag.ts'
import { unmasqueraded } from './unmasqueraded.ts'

const echoRequest: Readonly<Record<Family, readonly Match[]>> = {
  ip: [protocol('icmp'), { kind: 'icmp', module: 'icmp', type: '8', negated: false }],
  ip6: [protocol('ipv6-icmp'), { kind: 'icmp', module: 'icmp6', type: '128', negated: false }],
}

const forwarding = (
  network: DesiredNetwork,
  subnet: DesiredSubnet,
  family: Family,
  direct: DirectPorts,
  members: Members,
  place: Place,
): readonly PlacedRule[] => {
  const { bridge } = network
  const closed = network.internal || subnet.mode === 'isolated'
  const own = chains.ownToBridge(bridge)
  const outside = chains.toBridge(bridge)
  const known = state('RELATED', 'ESTABLISHED', 'DNAT')
  const unprotected = subnet.mode === 'nat-unprotected' && !closed
  const published = subnet.mode === 'routed' && direct.any
  const rest = (chain: string, why: string): PlacedRule => {
    if (unprotected) return place('mangle', chain, to.everyPort, [], 'every port is open', returns)
    if (published)
      return place('mangle', chain, to.publishedPorts, [], 'published ports only', goto(chains.open))
    return place('mangle', chain, to.closed, [], why, drop)
  }

  const rules = [
    place(
      'mangle',
      chains.forward,
      commonPhase.byEntry,
      [inBy(bridge)],
      'from our bridge',
      goto(chains.between),
    ),
    ...members.to.map((one) =>
      place('mangle', chains.between, betweenPhase.toBridge, one, 'between our bridges', goto(own)),
    ),
  ]
  if (network.icc) {
    rules.push(place('mangle', own, to.sameBridge, [inBy(bridge)], 'same bridge', returns))
  } else {
    rules.push(
      place('mangle', own, to.sameBridgeKnown, [inBy(bridge), known], 'same bridge', returns),
      place(
        'mangle',
        own,
        to.sameBridgeDropped,
        [inBy(bridge)],
        'containers do not talk to each other',
        drop,
      ),
    )
  }
  rules.push(
    place('mangle', own, to.known, [known], 'known flow or published port', returns),
    rest(own, 'from another of our bridges'),
  )
  if (closed) {
    rules.push(
      ...members.away.map((away) =>
        place('mangle', chains.between, betweenPhase.outward, away, 'internal: nothing leaves', drop),
      ),
      ...members.to.map((one) =>
        place('mangle', chains.forward, commonPhase.byExit, one, 'internal: nothing enters', drop),
      ),
    )
    return rules
  }
  rules.push(
    ...members.to.map((one) =>
      place('mangle', chains.forward, commonPhase.byExit, one, 'to our bridge', goto(outside)),
    ),
  )
  if (family === 'ip') {
    // DNAT comes before the martian check of ip_route_input. So a packet of a neighbour with 127.0.0.1 on the wire
    // would get here. No other forwarded packet had such an address.
    rules.push(
      place('mangle', outside, to.loopback, [from(loopback)], 'loopback address on the wire', drop),
      place(
        'mangle',
        outside,
        to.loopback,
        [originalDestination(loopback)],
        'loopback address on the wire',
        drop,
      ),
    )
  }
  rules.push(place('mangle', outside, to.known, [known], 'known flow or published port', returns))
  if (subnet.mode === 'routed') {
    rules.push(place('mangle', outside, to.ping, echoRequest[family], 'ping', returns))
    if (direct.limited) {
      rules.push(place('mangle', outside, to.limited, [], 'ports open to some only', jump(chains.limit)))
    }
  }
  rules.push(rest(outside, 'not published'))
  return rules
}

/**
 * The rules of an isolated subnet. The host is not its gateway, but a container can still send packets to the bridge's
 * MAC address. Packets that come in by the bridge are not forwarded elsewhere, whatever their source.
 */
const kept = ({ bridge }: DesiredNetwork, { mode }: DesiredSubnet, members: Members, place: Place) =>
  mode === 'isolated'
    ? members.from.map((source) =>
        place(
          'mangle',
          chains.home,
          commonPhase.byEntry,
          [...source, inBy(bridge), notOutBy(bridge)],
          'isolated: nothing leaves',
          drop,
        ),
      )
    : []

/**
 * The rules that drop forged sources: a packet with a source of the subnet must come in by the bridge. Packets of
 * established flows do not get here.
 */
const home = (
  network: DesiredNetwork,
  subnet: DesiredSubnet,
  family: Family,
  members: Members,
  place: Place,
) => {
  const prefix = prefixLiteral(subnet.subnet, family)
  if (prefix === null) return []
  return (network.external ? members.from : [[from(prefix)]]).map((source) =>
    place(
      'mangle',
      chains.home,
      commonPhase.byEntry,
      [...source, notInBy(network.bridge)],
      'its addresses come in by its bridge',
      drop,
    ),
  )
}

/** The comment of a network's rule. It names the network and says what the rule is for. */
export const networkTag = ({ project, network }: OwnedNetwork, why: string): string =>
  tag(project, `${network.name}: ${why}`)

/** The ports of a network's containers that are open without translation. */
export interface DirectPorts {
  readonly any: boolean
  /** True: at least one of them is limited to some other machines. */
  readonly limited: boolean
}

/** The rules that one network needs in one family, with its openings; empty when the network lacks the family. */
export const networkRules = (
  desired: DesiredState,
  network: DesiredNetwork,
  family: Family,
): readonly PlacedRule[] => {
  const direct = desired.mappings.filter(
    (mapping) =>
      mapping.kind === 'direct' &&
      mapping.family === family &&
      mapping.targets.some((target) => target.network === network.name),
  )
  const rules = ownedNetworkRules(
    { project: desired.project, network },
    family,
    { any: direct.length > 0, limited: direct.some(isLimited) },
    network.external
      ? foreignBridgeMembers(network, family, ownAddresses(desired, network, family))
      : ownBridgeMembers(network),
  )
  return rules.length === 0 ? rules : [...rules, ...openingRules(desired, network, family)]
}

/** The rules of a network without its openings. The mappings of its project need not be known. */
export const ownedNetworkRules = (
  { project, network }: OwnedNetwork,
  family: Family,
  direct: DirectPorts,
  members: Members = ownBridgeMembers(network),
): readonly PlacedRule[] => {
  const subnet = network[family]
  if (subnet === null || members.to.length === 0) return []
  const place: Place = (table, chain, phase, matches, why, target) => ({
    table,
    chain,
    phase,
    rule: rule([...matches, comment(networkTag({ project, network }, why))], target),
  })
  const bridge = interfaceLiteral(network.bridge)
  return [
    ...(family === 'ip'
      ? [
          place(
            'mangle',
            chains.input,
            commonPhase.byEntry,
            [inBy(bridge)],
            'from our bridge',
            goto(chains.loopback),
          ),
        ]
      : []),
    ...forwarding(network, subnet, family, direct, members, place),
    ...unmasqueraded(network, subnet, family, members, place),
    ...kept(network, subnet, members, place),
    ...home(network, subnet, family, members, place),
    ...members.to.map((one) =>
      place('filter', chains.acceptForwarded, acceptPhase.toBridge, one, 'to our bridge', accept),
    ),
    ...members.from.flatMap((source) => [
      place(
        'filter',
        chains.acceptForwarded,
        acceptPhase.answers,
        [...source, inBy(bridge), isReply],
        'answers',
        accept,
      ),
      place(
        'filter',
        chains.acceptForwarded,
        acceptPhase.fromBridge,
        [...source, inBy(bridge)],
        'from our bridge',
        goto(chains.leave),
      ),
    ]),
    ...sources(network, subnet, family, members, place),
  ]
}
