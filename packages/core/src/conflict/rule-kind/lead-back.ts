import {
  containsAddress,
  formatPrefix,
  type HostFacts,
  parseAddress,
  parsePrefix,
  prefixAround,
  tryParseInterfaceAddress,
} from '@portolan/netfilter'
import { isAnswer } from '@portolan/netfilter/analysis'
import type { DesiredNetwork } from '../../contract/index.ts'
import { MAIN } from '../../route/rival-routes.ts'
import type { Remedy } from '../conflict.ts'
import { placeAhead } from '../kind/block-rule-ahead.ts'
import { priorityOf, rulesInOrder } from '../kind/rule-ahead.ts'
import { strayInterface } from '../search/blame/stray-interface.ts'
import type { Finding } from '../search/finding/finding.ts'
import { addressText } from '../search/rows/address-text.ts'

/**
 * The remedy for packets that a route in another table than main leads away from their bridges: routing rules ahead of
 * those that look up that table. Another subnet would be led away as well.
 *
 * @returns null when no such table leads them away
 */
export const leadBack = (
  finding: Finding,
  networks: readonly DesiredNetwork[],
  facts: HostFacts,
): Remedy | null => {
  const { step, judgement, rows } = finding
  const [row] = rows
  if (row === undefined || step?.deed.kind !== 'misroute') return null
  const { family } = row
  const { reached, end } = judgement.conclusion
  const world = strayInterface({ reached, world: end.world }) === null ? reached.world : end.world
  const table = world.route?.table
  if (table === undefined || table === MAIN) return null
  const rules = rulesInOrder(facts, family)
  const first = rules.find((rule) => rule.table === table && (rule.action ?? 'lookup') === 'lookup')
  const place = first === undefined ? null : placeAhead(priorityOf(first), rules)
  // Replies go to the networks of the clients. All other packets go to the network of their destination.
  const isReply = isAnswer(world.packet)
  const asking = isReply
    ? new Set(rows.map(({ in: from }) => from))
    : new Set(facts.interfaces?.map(({ name = '' }) => name))
  const other = addressText(family, isReply ? finding.point.saddr : world.daddr)
  const selectors = networks.flatMap((network) => {
    const subnet = network[family]?.subnet
    if (subnet === undefined) return []
    const isFor = isReply ? asking.has(network.bridge) : holds(subnet, other)
    return isFor ? [`to ${subnet}`] : []
  })
  const own = finding.network[family]?.subnet
  // The network of other machines is not ours, so only packets of our network are exempted.
  if (own !== undefined && (isReply || row.way === 'egress'))
    for (const subnet of networksOf(facts, asking, other))
      if (!selectors.includes(`to ${subnet}`)) selectors.push(`from ${own} to ${subnet}`)
  if (place === null || selectors.length === 0) return null
  const commands = [...new Set(selectors)].map(
    (selector) => `ip${family === 'ip6' ? ' -6' : ''} rule add ${selector} lookup main${place}`,
  )
  const one = commands.length === 1
  return {
    text: `Exempt ${one ? 'that network' : 'those networks'} from the table, with ${one ? 'a routing rule' : 'routing rules'} ahead of the one that looks it up. A restart of the host forgets ${one ? 'it: add it' : 'them: add them'} where that one is set, too.`,
    commands,
  }
}

/** The networks of interfaces by which machines ask that hold the address of one. */
const networksOf = (
  { interfaces = [] }: HostFacts,
  names: ReadonlySet<string | null>,
  client: string,
): readonly string[] =>
  interfaces.flatMap(({ name = '', addresses = [] }) =>
    names.has(name)
      ? addresses.flatMap((text) => {
          const held = tryParseInterfaceAddress(text)
          const subnet = held === null ? null : formatPrefix(prefixAround(held.address, held.length))
          return subnet !== null && holds(subnet, client) ? [subnet] : []
        })
      : [],
  )

const holds = (subnet: string, address: string): boolean =>
  containsAddress(parsePrefix(subnet), parseAddress(address))
