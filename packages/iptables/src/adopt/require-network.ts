import type { OwnedNetwork } from '@portolan/core'
import { containsPrefix, type Family, parsePrefix } from '@portolan/netfilter'
import { networkTag, ownedNetworkRules } from '../compile/network.ts'
import * as chains from '../compile/object-name.ts'
import type { PlacedRule } from '../compile/parts.ts'
import { tagOf } from '../compile/tag.ts'
import { printRule } from '../print/rule/print-rule.ts'

/** Does a tree have a rule for a container of this network? */
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

/** The rules with all that a network needs: all of it is there, or it is made anew. */
export const requireNetwork = (
  placed: readonly PlacedRule[],
  owned: OwnedNetwork,
  family: Family,
): readonly PlacedRule[] => {
  const wanted = ownedNetworkRules(owned, family, {
    any: opens(placed, chains.open, owned, family),
    limited: opens(placed, chains.limit, owned, family),
  })
  const present = new Set(placed.map(textOf))
  if (wanted.every((one) => present.has(textOf(one)))) return placed
  const start = networkTag(owned, '')
  return [...placed.filter(({ rule }) => tagOf(rule)?.startsWith(`${start} `) !== true), ...wanted]
}
