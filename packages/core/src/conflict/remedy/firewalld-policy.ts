import { isFirewalldName } from './owner-names.ts'

/**
 * What policies of ours for a bridge may be called. firewalld takes 18 characters for the name of a policy; an interface
 * has 15 at most. A longer prefix would cut names off, and bridges whose long names begin alike would share a policy.
 */
export const policyNames = (bridge: string): readonly string[] =>
  isFirewalldName(bridge) ? ['pl', 'p2', 'p3', 'p4'].map((prefix) => `${prefix}-${bridge}`) : []

/** What policies of ours are known by. */
export const policyDescription = 'Portolan'

const FIRST = 20_000
const LAST = 32_767

/**
 * The priority of a policy: positive, so that it is asked after the zones and their bans, and its own. firewalld takes
 * two policies of one priority for one when it works out the places of rules (2.3.1, firewall/core/nftables.py
 * `_set_rule_sort_policy_dispatch`), and then asks some before the zones (measured).
 */
export const priorityOf = (policy: string): number => {
  let hash = 0
  for (const unit of policy) hash = (hash * 31 + (unit.codePointAt(0) ?? 0)) % (LAST - FIRST + 1)
  return FIRST + hash
}
