import { commandWording, type RoutingRuleFact, type Wording } from '@portolan/netfilter'
import { routingRuleWords } from '@portolan/netfilter/analysis'
import { aboutHost, type Conflict, culpritOutsideRules, type Remedy } from '../conflict.ts'
import { moveNetwork, type RouteOrigin, routeText } from './block-route-taken.ts'
import { priorityOf, type RuleAhead } from './rule-ahead.ts'

/**
 * A routing rule leads packets for another host's block elsewhere, or refuses them, before Portolan's route is looked
 * up.
 *
 * @param rules - all rules of the block's family, in their order
 * @param origin - the origin of the route that the rule finds
 * @internal
 */
export const blockRuleAhead = (
  block: string,
  ahead: RuleAhead,
  rules: readonly RoutingRuleFact[],
  origin: RouteOrigin,
  wording: Wording = commandWording,
): Conflict => {
  const { rule, route, isForAll } = ahead
  const text = route === null ? `${priorityOf(rule)}: ${routingRuleWords(rule)}` : routeText(route)
  const cause =
    route === null
      ? `the routing rule ${text} refuses packets to it before table main is asked`
      : `the route ${text} is in a table that a routing rule asks before table main, and may take packets to the block elsewhere`
  return {
    kind: 'BlockRouteTaken',
    severity: 'warning',
    certainty: route === null && isForAll ? 'certain' : 'possible',
    ...aboutHost,
    prefix: block,
    message: `Containers in block ${block} of another host may not be reached from this host: ${cause}.`,
    witness: null,
    culprit: culpritOutsideRules(route === null ? 'rule' : 'route', text, route?.interface ?? null),
    remedy: origin?.kind === 'network' ? moveNetwork(origin, wording) : leadAhead(block, ahead, rules),
    trace: [],
  }
}

const leadAhead = (block: string, { rule, route }: RuleAhead, rules: readonly RoutingRuleFact[]): Remedy => {
  // Without -6, `ip rule` means only IPv4.
  const ip = `ip${block.includes(':') ? ' -6' : ''} rule`
  const place = placeAhead(priorityOf(rule), rules)
  if (place !== null) {
    const command = `${ip} add to ${block} lookup main${place}`
    return {
      text: `Exempt the block from that ${route === null ? 'rule' : 'table'}, such as with a rule ahead of it: \`${command}\`.`,
      commands: [command],
    }
  }
  const words = routingRuleWords(rule)
  const text = `No rule can be put ahead of one of priority 0, such as \`${words}\`. Delete that rule if it is a stray. If it is meant, make it anew with a higher priority`
  // The values of some selectors are not known. Without them, the command may mean another rule.
  if (rule.other !== undefined) return { text: `${text}.`, commands: [] }
  const command = `${ip} del pref 0 ${words}`
  return { text: `${text}: \`${command}\` removes it.`, commands: [command] }
}

/**
 * The option that puts a new rule ahead of a given one. Empty: the kernel puts it there by default. Null: no option
 * does, because a new rule comes last among rules of equal priority.
 *
 * @see net/core/fib_rules.c `fib_default_rule_pref`, `fib_nl_newrule`
 */
export const placeAhead = (priority: number, rules: readonly RoutingRuleFact[]): string | null => {
  const second = rules[1]
  const given = second === undefined ? 0 : Math.max(0, priorityOf(second) - 1)
  if (given < priority) return ''
  return priority === 0 ? null : ` pref ${priority - 1}`
}
