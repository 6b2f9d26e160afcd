import {
  type DesiredNetwork,
  type DesiredOpening,
  type DesiredState,
  openingsOf,
  ownAddresses,
} from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import { comment, from, inBy, ports, protocol, returns, rule, to } from '../model/build.ts'
import * as chains from '../model/object-name.ts'
import type { Match } from '../model/option/match.ts'
import { addressLiteral, interfaceLiteral, prefixLiteral } from './literals.ts'
import { toBridgePhase } from './order/phase.ts'
import type { PlacedRule } from './parts.ts'
import { tag } from './tag.ts'

type Matches = readonly Match[]

const host = (address: string, family: Family): string => {
  const literal = addressLiteral(address, family)
  return prefixLiteral(literal, family) ?? literal
}

/**
 * Every source, written as two halves. A rule without a source match would be read back as the rule of a network whose
 * every port is open.
 */
const halves: Readonly<Record<Family, readonly string[]>> = {
  ip: ['0.0.0.0/1', '128.0.0.0/1'],
  ip6: ['::/1', '8000::/1'],
}

const bySource = (prefix: string, family: Family): readonly Matches[] => {
  const literal = prefixLiteral(prefix, family)
  return (literal === null ? halves[family] : [literal]).map((one) => [from(one)])
}

/** The matches on the source of an opening. A rule is made for each list. */
const sourcesOf = (
  { networks }: DesiredState,
  { from: source, family }: DesiredOpening,
): readonly Matches[] => {
  switch (source.kind) {
    case 'interface':
      return [[inBy(interfaceLiteral(source.name))]]
    case 'prefix':
      return bySource(source.prefix, family)
    case 'container':
      return [[from(host(source.address, family))]]
    case 'network': {
      const subnet = networks.find(({ name }) => name === source.network)?.[family]
      return subnet === undefined || subnet === null ? [] : bySource(subnet.subnet, family)
    }
  }
}

/**
 * The matches on the containers of an opening. On a foreign bridge the containers are listed one by one, so that no
 * rule of ours opens a foreign container.
 */
const targetsOf = (
  desired: DesiredState,
  network: DesiredNetwork,
  { address, family }: DesiredOpening,
): readonly Matches[] => {
  if (address !== null) return [[to(host(address, family))]]
  if (!network.external) return [[]]
  return [...ownAddresses(desired, network, family)].map((own) => [to(host(own, family))])
}

const isFromMachine = ({ from: { kind } }: DesiredOpening): boolean =>
  kind === 'interface' || kind === 'prefix'

const neighbourDiscovery: readonly Match[] = ['135', '136'].map((type) => ({
  kind: 'icmp',
  module: 'icmp6',
  type,
  negated: false,
}))

/**
 * Neighbour discovery is not tracked, so no rule for established flows accepts it. IPv4 needs no such rule: no rule
 * sees ARP.
 */
const neighbours = ({ project }: DesiredState, { name, bridge }: DesiredNetwork): readonly PlacedRule[] =>
  neighbourDiscovery.map((type) => ({
    table: 'mangle',
    chain: chains.ownToBridge(bridge),
    phase: toBridgePhase.openedInside,
    rule: rule(
      [
        inBy(interfaceLiteral(bridge)),
        protocol('ipv6-icmp'),
        type,
        comment(tag(project, `neighbours on ${name} find each other`)),
      ],
      returns,
    ),
  }))

/**
 * The rules for what `links` and `reachable_from` open of a network in one family. An opening for other machines goes
 * into the chain for packets from outside, and an opening for containers into the chain for packets from our bridges.
 */
export const openingRules = (
  desired: DesiredState,
  network: DesiredNetwork,
  family: Family,
): readonly PlacedRule[] => {
  const openings = openingsOf(desired, network, family)
  const isInside = openings.some(({ from: source }) => 'network' in source && source.network === network.name)
  const rules = openings.flatMap((opening) => {
    const isOutside = isFromMachine(opening)
    const note = comment(tag(desired.project, opening.label))
    const open: readonly Matches[] =
      opening.ports === null ? [[]] : opening.ports.map(({ protocol: name, port }) => ports(name, port, port))
    return sourcesOf(desired, opening).flatMap((source) =>
      targetsOf(desired, network, opening).flatMap((target) =>
        open.map(
          (port): PlacedRule => ({
            table: 'mangle',
            chain: isOutside ? chains.toBridge(network.bridge) : chains.ownToBridge(network.bridge),
            phase: isOutside ? toBridgePhase.openedOutside : toBridgePhase.openedInside,
            rule: rule([...inOrder([...source, ...target]), ...port, note], returns),
          }),
        ),
      ),
    )
  })
  return isInside && family === 'ip6' && !network.icc ? [...neighbours(desired, network), ...rules] : rules
}

/** Sorts matches as iptables lists them: addresses before interfaces. */
const inOrder = (matches: Matches): Matches => [
  ...matches.filter(({ kind }) => kind === 'source'),
  ...matches.filter(({ kind }) => kind === 'destination'),
  ...matches.filter(({ kind }) => kind === 'in'),
]
