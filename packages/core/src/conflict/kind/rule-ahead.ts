import {
  containsPrefix,
  type Family,
  type HostFacts,
  type Prefix,
  prefixesOverlap,
  type RouteFact,
  type RoutingRuleFact,
  tryParseHostOrPrefix,
} from '@portolan/netfilter'
import { MAIN } from '../../route/rival-routes.ts'

/** include/uapi/linux/fib_rules.h: the rule that looks a packet up in table main has this priority by default. */
const MAIN_PRIORITY = 32_766

/** A route with its destination. */
export interface ReadRoute {
  readonly route: RouteFact
  readonly prefix: Prefix
}

/** A routing rule that may take packets to a block before Portolan's route in table main is looked up. */
export interface RuleAhead {
  readonly rule: RoutingRuleFact
  /** The route in the rule's table that gets the packets; null: the rule refuses them. */
  readonly route: RouteFact | null
  /** Whether the rule takes every packet to its destination. */
  readonly isForAll: boolean
}

/** A prefix that a rule ahead decides already. */
interface DecidedPrefix {
  readonly prefix: Prefix
  /** The other selectors of that rule. */
  readonly selectors: Selectors
  /** The packets skip later rules with a priority below this one. */
  readonly until: number
}

type Selectors = readonly (readonly [string, unknown])[]

/**
 * Finds the first routing rule that may lead packets to a block elsewhere, or refuses them, before Portolan's route in
 * table main is looked up. Rules are followed in their order, as the kernel does. A rule does not get packets that an
 * earlier rule led to Portolan's route, or past it.
 *
 * @param rules - the rules of the block's family, as `rulesInOrder` gives them
 * @param foreign - routes of other programs, in any table
 * @param block - the destination of Portolan's route
 * @see net/core/fib_rules.c `fib_rules_lookup`
 */
export const ruleAhead = (
  rules: readonly RoutingRuleFact[],
  foreign: readonly ReadRoute[],
  block: Prefix,
): RuleAhead | null => {
  const decided: DecidedPrefix[] = []
  // It is not known whether a rule below this priority is reached: a goto may skip it.
  let passedOver = Number.NEGATIVE_INFINITY
  for (const rule of rules) {
    const priority = priorityOf(rule)
    if (priority >= MAIN_PRIORITY) return null
    const part = partFor(rule, block)
    if (part === null) continue
    const selectors = selectorsOf(rule)
    const isTaken = (taken: Prefix, thrown: readonly Prefix[] = []): boolean =>
      !isCovered(taken, [
        ...decided.filter((one) => holdsFor(one, rule)).map(({ prefix }) => prefix),
        ...thrown,
      ])
    const isForAll = rule.invert !== true && selectors.length === 0
    const noteDecided = (until: number): void => {
      // Without a selector's value, two rules are not known to have the same selectors.
      if (rule.invert !== true && rule.other === undefined) decided.push({ prefix: part, selectors, until })
    }
    switch (rule.action ?? 'lookup') {
      case 'goto': {
        const target = rule.gotoPriority ?? 0
        // The kernel skips a goto without a target.
        if (!rules.some((one) => priorityOf(one) === target)) break
        passedOver = Math.max(passedOver, target)
        noteDecided(target)
        break
      }
      case 'blackhole':
      case 'unreachable':
      case 'prohibit':
        // A rule that asks only for a mark or an interface mostly concerns other packets than those of containers.
        if ((rule.to != null || isForAll) && isTaken(part)) return { rule, route: null, isForAll }
        break
      case 'lookup': {
        const suppressed = rule.suppressPrefixLength ?? -1
        const table = rule.table ?? MAIN
        if (table === MAIN) {
          if (priority >= passedOver && block.length > suppressed) noteDecided(Number.POSITIVE_INFINITY)
          break
        }
        const found = foreign.find((one) => {
          if (one.route.table !== table || one.route.type === 'throw' || one.prefix.length <= suppressed)
            return false
          const taken = narrower(one.prefix, part)
          return taken !== null && isTaken(taken, thrownBack(foreign, one))
        })
        if (found !== undefined) return { rule, route: found.route, isForAll }
      }
    }
  }
  return null
}

export const priorityOf = ({ priority = 0 }: RoutingRuleFact): number => priority

/** The rules that packets of a family are compared with, in the kernel's order. */
export const rulesInOrder = ({ rules = [] }: HostFacts, family: Family): readonly RoutingRuleFact[] =>
  rules
    .filter((rule) => (rule.family ?? family) === family)
    .toSorted((one, other) => priorityOf(one) - priorityOf(other))
    .filter((rule) => [rule.from, rule.to].every((text) => text == null || isOfFamily(text, family)))

const isOfFamily = (text: string, family: Family): boolean => tryParseHostOrPrefix(text)?.family === family

/** The part of a block that a rule may concern, by destination; null: none. */
const partFor = (rule: RoutingRuleFact, block: Prefix): Prefix | null => {
  const to = rule.to == null ? everything(block.family) : tryParseHostOrPrefix(rule.to)
  if (to === null) return null
  if (rule.invert !== true) return narrower(to, block)
  // `not to A iif B` also concerns packets to A.
  return selectorsOf(rule).length === 0 && containsPrefix(to, block) ? null : block
}

const everything = (family: Family): Prefix =>
  family === 'ip6' ? { family, base: 0n, length: 0 } : { family, base: 0, length: 0 }

/** The selectors of a rule besides the destination. */
const selectorsOf = ({
  family: _family,
  priority: _priority,
  table: _table,
  action: _action,
  to: _to,
  suppressPrefixLength: _length,
  gotoPriority: _goto,
  invert: _invert,
  ...selectors
}: RoutingRuleFact): Selectors =>
  Object.entries(selectors).filter(([, value]) => value !== undefined && value !== null)

/** Whether an earlier rule already took all packets to that prefix that this rule concerns. */
const holdsFor = ({ selectors, until }: DecidedPrefix, rule: RoutingRuleFact): boolean => {
  if (until <= priorityOf(rule)) return false
  const own = rule.invert === true ? [] : selectorsOf(rule)
  return selectors.every(([key, value]) =>
    own.some(([name, other]) => name === key && JSON.stringify(other) === JSON.stringify(value)),
  )
}

/** The prefixes that more exact routes of the same table give back to later rules (`ip route add throw`). */
const thrownBack = (
  routes: readonly ReadRoute[],
  { prefix, route: { table } }: ReadRoute,
): readonly Prefix[] =>
  routes.flatMap(({ route, prefix: found }) =>
    route.type === 'throw' &&
    route.table === table &&
    found.length > prefix.length &&
    found.family === prefix.family
      ? [found]
      : [],
  )

/** The longer of two prefixes that overlap; null: they do not overlap. */
const narrower = (one: Prefix, other: Prefix): Prefix | null =>
  one.family !== other.family || !prefixesOverlap(one, other) ? null : one.length > other.length ? one : other

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
