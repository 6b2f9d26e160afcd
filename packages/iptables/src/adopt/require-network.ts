import type { DesiredState, OwnedNetwork } from '@portolan/core'
import { containsPrefix, type Family, parsePrefix } from '@portolan/netfilter'
import { networkTag, ownedNetworkRules } from '../compile/network.ts'
import { openingRules } from '../compile/opening.ts'
import type { PlacedRule } from '../compile/parts.ts'
import { exemption } from '../compile/source-translation.ts'
import { tagOf } from '../compile/tag.ts'
import * as chains from '../model/object-name.ts'
import { printRule } from '../print/rule/print-rule.ts'

/** Does a port tree have a rule for a container of this network? */
const opens = (
  placed: readonly PlacedRule[],
  root: string,
  { network }: OwnedNetwork,
  family: Family,
): boolean => {
  const subnet = network[family]
  if (subnet === null) return false
  const prefix = parsePrefix(subnet.subnet)
  return placed.some(
    ({ chain, rule }) =>
      chain === root &&
      rule.matches.some(
        (match) => match.kind === 'destination' && containsPrefix(prefix, parsePrefix(match.prefix)),
      ),
  )
}

const textOf = ({ table, chain, rule }: PlacedRule): string => `${table} ${chain} ${printRule(rule)}`

/** Adds the rules that a network needs. If one of them is missing, all are made anew. */
export const requireNetwork = (
  placed: readonly PlacedRule[],
  owned: OwnedNetwork,
  family: Family,
): readonly PlacedRule[] => {
  const direct = {
    any: opens(placed, chains.open, owned, family),
    limited: opens(placed, chains.limit, owned, family),
  }
  const wanted = ownedNetworkRules(owned, family, direct)
  const present = new Set(placed.map(textOf))
  if (wanted.every((one) => present.has(textOf(one)))) return placed
  const start = networkTag(owned, '')
  // Where the other hosts of a cluster are not known, the rules that exempt their blocks are kept.
  const exempt = owned.among === undefined ? networkTag(owned, exemption) : null
  const kept = placed.filter(({ rule }) => {
    const tag = tagOf(rule)
    return tag?.startsWith(`${start} `) !== true || tag === exempt
  })
  const held = new Set(kept.map(textOf))
  const opened = openedAmong(owned, family).filter((one) => !held.has(textOf(one)))
  const made = ownedNetworkRules({ ...owned, network: owned.among?.network ?? owned.network }, family, direct)
  return [...kept, ...made, ...opened]
}

const openedAmong = ({ project, among }: OwnedNetwork, family: Family): readonly PlacedRule[] => {
  if (among === undefined || among.openings.length === 0) return []
  const { network, openings } = among
  const desired: DesiredState = {
    ...{ project, networks: [network], openings },
    ...{ endpoints: [], mappings: [], guardForwarding: false },
  }
  return openingRules(desired, network, family)
}
