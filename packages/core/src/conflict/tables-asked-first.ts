import {
  containsPrefix,
  type HostFacts,
  type Prefix,
  prefixesOverlap,
  type RoutingRuleFact,
  tryParseHostOrPrefix,
} from '@portolan/netfilter'
import { MAIN } from '../route/rival-routes.ts'

/** include/uapi/linux/fib_rules.h: the rule that looks a packet up in table main has this priority by default. */
const MAIN_PRIORITY = 32_766

/**
 * May a route of another table get packets to a block before our route in table main is asked? Rules are followed in their
 * order, as the kernel does: what a rule ahead of that table leads to our route is ours.
 *
 * @param route - its prefix, and the table that it is in
 * @param block - that our route is to
 * @see net/core/fib_rules.c `fib_rules_lookup`
 */
export const isAskedFirst = (
  facts: HostFacts,
  route: { readonly prefix: Prefix; readonly table: number },
  block: Prefix,
): boolean => {
  const taken = narrower(route.prefix, block)
  if (taken === null) return false
  const settled: Prefix[] = []
  // What a rule may pass over is not known to be asked.
  let passedOver = Number.NEGATIVE_INFINITY
  for (const rule of inOrder(facts.rules ?? [], block)) {
    const priority = priorityOf(rule)
    if (priority >= MAIN_PRIORITY) return false
    if (rule.action === 'goto') passedOver = Math.max(passedOver, rule.gotoPriority ?? 0)
    if ((rule.action ?? 'lookup') !== 'lookup') continue
    const to = destinationOf(rule, block.family)
    if (to === null) continue
    const suppressed = rule.suppressPrefixLength ?? -1
    const isMain = (rule.table ?? MAIN) === MAIN
    const isForAll = priority >= passedOver && asksNothingElse(rule)
    if (isMain && isForAll && block.length > suppressed) settled.push(to)
    const asked = rule.invert === true ? taken : narrower(to, taken)
    if (rule.table !== route.table || asked === null || route.prefix.length <= suppressed) continue
    if (!isCovered(asked, [...settled, ...thrownBack(facts, route)])) return true
  }
  return false
}

const priorityOf = ({ priority = 0 }: RoutingRuleFact): number => priority

/** Those that packets to a block are held against. */
const inOrder = (rules: readonly RoutingRuleFact[], { family }: Prefix): readonly RoutingRuleFact[] =>
  rules
    .filter((rule) => (rule.family ?? family) === family)
    .toSorted((one, other) => priorityOf(one) - priorityOf(other))
    .filter((rule) => [rule.from, rule.to].every((text) => text == null || isOf(text, family)))

const isOf = (text: string, family: Prefix['family']): boolean =>
  tryParseHostOrPrefix(text)?.family === family

/** What a rule is for by destination. Null: it cannot be read. */
const destinationOf = ({ to }: RoutingRuleFact, family: Prefix['family']): Prefix | null => {
  if (to != null) return tryParseHostOrPrefix(to)
  return family === 'ip6' ? { family, base: 0n, length: 0 } : { family, base: 0, length: 0 }
}

/** Does it match each packet to its destination? */
const asksNothingElse = ({
  family: _family,
  priority: _priority,
  table: _table,
  action: _action,
  to: _to,
  suppressPrefixLength: _length,
  ...selectors
}: RoutingRuleFact): boolean => Object.values(selectors).every((value) => value == null || value === false)

/** What more exact routes of that table give back to the rules behind (`ip route add throw`). */
const thrownBack = (
  { routes = [] }: HostFacts,
  { prefix, table }: Parameters<typeof isAskedFirst>[1],
): readonly Prefix[] =>
  routes.flatMap((route) => {
    if (route.type !== 'throw' || route.table !== table) return []
    const found = tryParseHostOrPrefix(route.destination ?? 'default')
    return found !== null && found.length > prefix.length && found.family === prefix.family ? [found] : []
  })

/** Of two prefixes that overlap, the longer one. */
const narrower = (one: Prefix, other: Prefix): Prefix | null =>
  !prefixesOverlap(one, other) ? null : one.length > other.length ? one : other

const isCovered = (prefix: Prefix, by: readonly Prefix[]): boolean => {
  const near = by.filter((one) => prefixesOverlap(one, prefix))
  if (near.length === 0) return false
  return (
    near.some((one) => containsPrefix(one, prefix)) || halvesOf(prefix).every((half) => isCovered(half, near))
  )
}

const halvesOf = (prefix: Prefix): readonly Prefix[] => {
  const length = prefix.length + 1
  return prefix.family === 'ip'
    ? [0, 2 ** (32 - length)].map((more) => ({ family: 'ip', base: prefix.base + more, length }))
    : [0n, 1n << BigInt(128 - length)].map((more) => ({ family: 'ip6', base: prefix.base + more, length }))
}
