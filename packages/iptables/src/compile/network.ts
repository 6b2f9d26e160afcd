import type { DesiredNetwork, DesiredState, DesiredSubnet, OwnedNetwork } from '@portolan/core'
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
  masquerade,
  notInBy,
  notOutBy,
  originalDestination,
  outBy,
  protocol,
  returns,
  rule,
  snat,
  state,
} from '../model/build.ts'
import type { Match } from '../model/option/match.ts'
import { isLimited } from './direct-mapping.ts'
import { addressLiteral, interfaceLiteral, prefixLiteral } from './literals.ts'
import * as chains from './object-name.ts'
import { acceptPhase, betweenPhase, commonPhase, sourcePhase, toBridgePhase as to } from './order/phase.ts'
import type { Place, PlacedRule } from './parts.ts'
import { tag } from './tag.ts'
import { unmasqueraded } from './unmasqueraded.ts'

const loopback = '127.0.0.0/8'

const echoRequest: Readonly<Record<Family, readonly Match[]>> = {
  ip: [protocol('icmp'), { kind: 'icmp', module: 'icmp', type: '8', negated: false }],
  ip6: [protocol('ipv6-icmp'), { kind: 'icmp', module: 'icmp6', type: '128', negated: false }],
}

const forwarding = (
  network: DesiredNetwork,
  subnet: DesiredSubnet,
  family: Family,
  direct: DirectPorts,
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
    place('mangle', chains.between, betweenPhase.toBridge, [outBy(bridge)], 'between our bridges', goto(own)),
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
      place('mangle', chains.between, betweenPhase.outward, [inBy(bridge)], 'internal: nothing leaves', drop),
      place('mangle', chains.forward, commonPhase.byExit, [outBy(bridge)], 'internal: nothing enters', drop),
    )
    return rules
  }
  rules.push(
    place('mangle', chains.forward, commonPhase.byExit, [outBy(bridge)], 'to our bridge', goto(outside)),
  )
  if (family === 'ip') {
    // DNAT comes before the martian check of ip_route_input, so a neighbour that puts 127.0.0.1 on the wire
    // would get here; nothing else that is forwarded ever had such an address.
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
 * The host is no gateway of an isolated subnet, but a container that makes one up still finds the bridge's MAC: what
 * comes in by it is forwarded nowhere, whatever its source.
 */
const kept = ({ bridge }: DesiredNetwork, { mode }: DesiredSubnet, place: Place) =>
  mode === 'isolated'
    ? [
        place(
          'mangle',
          chains.home,
          commonPhase.byEntry,
          [inBy(bridge), notOutBy(bridge)],
          'isolated: nothing leaves',
          drop,
        ),
      ]
    : []

/** A source of the subnet that came in by anything but the bridge is forged: only first packets get here. */
const home = (network: DesiredNetwork, subnet: DesiredSubnet, family: Family, place: Place) => {
  const prefix = prefixLiteral(subnet.subnet, family)
  if (prefix === null) return []
  return [
    place(
      'mangle',
      chains.home,
      commonPhase.byEntry,
      [from(prefix), notInBy(network.bridge)],
      'its addresses come in by its bridge',
      drop,
    ),
  ]
}

const sources = (network: DesiredNetwork, subnet: DesiredSubnet, family: Family, place: Place) => {
  const { bridge } = network
  const chain = chains.sourceOfBridge(bridge)
  const prefix = prefixLiteral(subnet.subnet, family)
  const inside = prefix === null ? [] : [from(prefix)]
  const masqueraded = prefix === null ? commonPhase.all : commonPhase.bySource
  const rules: PlacedRule[] = []
  if (subnet.gateway === null) {
    rules.push(place('nat', chains.source, commonPhase.byExit, [outBy(bridge)], 'to our bridge', returns))
  } else {
    const gateway = snat(addressLiteral(subnet.gateway, family))
    rules.push(
      place('nat', chains.source, commonPhase.byExit, [outBy(bridge)], 'to our bridge', goto(chain)),
      // A reply between two ports of one bridge would not come by here, were it not for the gateway's address.
      place('nat', chain, sourcePhase.hairpin, [...inside, state('DNAT')], 'hairpin', gateway),
    )
    if (family === 'ip') {
      rules.push(
        place('nat', chain, sourcePhase.loopback, [from(loopback)], 'from the host by loopback', gateway),
      )
    }
  }
  if (subnet.masquerade && !network.internal && subnet.mode !== 'isolated') {
    rules.push(place('nat', chains.source, masqueraded, inside, 'masquerade', masquerade))
  }
  return rules
}

/** The comment of a rule of a network, which says what the rule is for. */
export const networkTag = ({ project, network }: OwnedNetwork, why: string): string =>
  tag(project, `${network.name}: ${why}`)

/** The ports of a network's containers that are open without translation. */
export interface DirectPorts {
  readonly any: boolean
  /** Some of them not to every other machine. */
  readonly limited: boolean
}

/** What one network needs in one family, whatever is published on it; nothing when it has not that family. */
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
  return ownedNetworkRules({ project: desired.project, network }, family, {
    any: direct.length > 0,
    limited: direct.some(isLimited),
  })
}

/** The same, of a network that is known without the mappings of its project. */
export const ownedNetworkRules = (
  { project, network }: OwnedNetwork,
  family: Family,
  direct: DirectPorts,
): readonly PlacedRule[] => {
  const subnet = network[family]
  if (subnet === null) return []
  const place: Place = (table, chain, phase, matches, why, target) => ({
    table,
    chain,
    phase,
    rule: rule([...matches, comment(networkTag({ project, network }, why))], target),
  })
  const bridge = interfaceLiteral(network.bridge)
  return [
    place(
      'mangle',
      chains.prerouting,
      commonPhase.byEntry,
      [inBy(bridge)],
      'from our bridge',
      family === 'ip' ? goto(chains.preroutingOwn) : returns,
    ),
    ...forwarding(network, subnet, family, direct, place),
    ...unmasqueraded(network, subnet, family, place),
    ...kept(network, subnet, place),
    ...home(network, subnet, family, place),
    place('filter', chains.acceptForwarded, acceptPhase.toBridge, [outBy(bridge)], 'to our bridge', accept),
    place('filter', chains.acceptForwarded, acceptPhase.answers, [inBy(bridge), isReply], 'answers', accept),
    place(
      'filter',
      chains.acceptForwarded,
      acceptPhase.fromBridge,
      [inBy(bridge)],
      'from our bridge',
      goto(chains.leave),
    ),
    ...sources(network, subnet, family, place),
  ]
}
