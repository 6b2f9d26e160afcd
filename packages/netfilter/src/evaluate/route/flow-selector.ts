import type { NumberRangeFact, RoutingRuleFact } from '../../facts/index.ts'
import type { RouteFlow } from './route-key.ts'

/** What a routing rule matches besides addresses, interface and mark. */
export interface FlowSelector {
  /** Null: not known. */
  readonly matches: (flow: RouteFlow | undefined) => boolean | null
  readonly sourcePorts: Required<NumberRangeFact> | null
  readonly destinationPorts: Required<NumberRangeFact> | null
}

/**
 * Reads these selectors of a rule; null: it has none, as most rules.
 * @see net/ipv4/fib_rules.c `fib4_rule_match`, net/core/fib_rules.c `fib_rule_match`
 */
export const flowSelector = (fact: RoutingRuleFact): FlowSelector | null => {
  const { protocol = 0, dscp } = fact
  const sourcePorts = rangeOf(fact.sourcePorts, 0xffff)
  const destinationPorts = rangeOf(fact.destinationPorts, 0xffff)
  const users = rangeOf(fact.users, 0xffffffff)
  const asks = protocol !== 0 || dscp !== undefined || sourcePorts !== null || destinationPorts !== null
  if (!asks && users === null) return null
  return {
    sourcePorts,
    destinationPorts,
    matches: (flow) => {
      if (flow === undefined) return null
      if (protocol !== 0 && flow.protocol !== protocol) return false
      if (!isIn(sourcePorts, flow.sport) || !isIn(destinationPorts, flow.dport)) return false
      if (users !== null && flow.user !== null && !isIn(users, flow.user)) return false
      if (users !== null && flow.user === null) return null
      // Packets have the code point 0 unless their sender chooses another one.
      return dscp === undefined || dscp === 0 ? true : null
    },
  }
}

const rangeOf = (fact: NumberRangeFact | undefined, highest: number): Required<NumberRangeFact> | null =>
  fact === undefined ? null : { first: fact.first ?? 0, last: fact.last ?? highest }

const isIn = (range: Required<NumberRangeFact> | null, value: number): boolean =>
  range === null || (range.first <= value && value <= range.last)
