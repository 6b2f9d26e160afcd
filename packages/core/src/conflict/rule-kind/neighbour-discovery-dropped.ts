import { ownerOf } from '@portolan/netfilter'
import { tell } from '@portolan/netfilter/analysis'
import type { DesiredNetwork } from '../../contract/index.ts'
import { aboutHost, type Conflict, type Culprit, type HostConflict } from '../conflict.ts'
import { panicText } from '../remedy/firewalld-refusal.ts'
import { isUfwWithoutIp6, ufwWithoutIp6 } from '../remedy/ufw-without-ip6.ts'
import type { LostNeighbours } from '../search/blame/neighbour-discovery.ts'
import { culpritOf } from '../search/finding/finding.ts'
import { cause } from './cause.ts'

/**
 * A rule of the host drops neighbour discovery. In IPv6, the host and the machines or containers on a link, or the
 * containers of a network, then do not find each other, so no packet between them arrives. Opening ports does not help.
 *
 * @param publishes - whether the project publishes a port in IPv6
 * @internal
 */
export const neighbourDiscoveryDropped = (
  lost: LostNeighbours,
  publishes: boolean,
  isPanicking: boolean,
): HostConflict => {
  const { step, certainty, witness, conclusion, uplinks, networks, between } = lost
  const others = [
    ...(networks.length === 0 ? [] : [containersOf(networks)]),
    ...(uplinks.length === 0 ? [] : [`machines behind ${listed(uplinks)}`]),
  ].join(' and ')
  const found = [
    ...(others === '' ? [] : [`In IPv6 this host and ${others} do not find each other`]),
    ...(between.length === 0 ? [] : [`In IPv6 ${containersOf(between)} do not find one another`]),
  ]
  return {
    kind: 'NeighbourDiscoveryDropped',
    // A published port is reached through the host.
    severity: publishes && others !== '' ? 'error' : 'warning',
    certainty,
    ...aboutHost,
    message: `${found.map((one) => `${one}, so no packet between them arrives.`).join(' ')} ${cause(lost, `drops ${messages}`, `may drop ${messages}`)}`,
    witness,
    culprit: culpritOf(step),
    remedy: { text: remedyOf(step, isPanicking), commands: [] },
    trace: tell(conclusion, new Map()).trace,
  }
}

/**
 * Leaves out networks for which the culprit is reported already. A rule that drops all packets between containers of a
 * network is reported for the network, and that remedy lets neighbour discovery pass too.
 *
 * @param ofNetwork - the conflicts reported for a network
 */
export const withoutReportedNetworks = (
  lost: readonly LostNeighbours[],
  ofNetwork: (network: DesiredNetwork) => readonly Conflict[],
): readonly LostNeighbours[] =>
  lost
    .map((one): LostNeighbours => {
      const culprit = culpritOf(one.step)
      const isReported = (network: DesiredNetwork): boolean =>
        ofNetwork(network).some(
          (conflict) => conflict.kind === 'NetworkDropped' && isSame(conflict.culprit, culprit),
        )
      return { ...one, between: one.between.filter((network) => !isReported(network)) }
    })
    .filter(({ uplinks, networks, between }) => uplinks.length + networks.length + between.length > 0)

const isSame = (one: Culprit | null, other: Culprit | null): boolean =>
  one !== null &&
  other !== null &&
  one.tool === other.tool &&
  one.table === other.table &&
  one.chain === other.chain &&
  one.position === other.position

const containersOf = (networks: LostNeighbours['networks']): string =>
  `containers of ${listed(networks.map(({ name }) => name))}`

const messages = 'neighbour discovery (ICMPv6 types 135 and 136)'

const remedyOf = (step: LostNeighbours['step'], isPanicking: boolean): string => {
  const { table, chain, rule } = step
  const owner = table === null || chain === null ? null : ownerOf(table, chain, rule)
  if (isUfwWithoutIp6(step, owner)) return ufwWithoutIp6
  if (owner === 'firewalld')
    return isPanicking
      ? panicText
      : 'Let the zone of these interfaces accept the ICMP types neighbour-solicitation and neighbour-advertisement.'
  if (owner === 'ufw')
    return 'Accept ICMPv6 types 135 and 136 in /etc/ufw/before6.rules in front of what drops them, then run `ufw reload`.'
  return `Accept ICMPv6 types 135 and 136 in chain ${chain?.name ?? ''} ${rule === null ? 'before its policy is asked' : 'in front of that rule'}. An accept in another table does not override a drop.`
}

const MOST = 3

const listed = (names: readonly string[]): string =>
  names.length <= MOST
    ? names.join(', ')
    : `${names.slice(0, MOST).join(', ')} and ${names.length - MOST} more`
