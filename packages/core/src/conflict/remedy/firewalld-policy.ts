import { isFirewalldName } from './owner-names.ts'

/**
 * The names that Portolan's policies for a bridge may have. firewalld allows 18 characters for a policy's name, and an
 * interface has at most 15. A longer prefix would cut names off, so that bridges with similar long names would share a
 * policy.
 */
export const policyNames = (bridge: string): readonly string[] =>
  isFirewalldName(bridge) ? ['pl', 'p2', 'p3', 'p4'].map((prefix) => `${prefix}-${bridge}`) : []

/** The description that identifies Portolan's policies. */
export const policyDescription = 'Portolan'

const FIRST = 20_000
const LAST = 32_767

/**
 * The priority of a policy. It is positive, so that the policy is evaluated after the zones and their bans. It differs
 * from policy to policy, because firewalld treats two policies of one priority as one when it orders rules (2.3.1,
 * firewall/core/nftables.py `_set_rule_sort_policy_dispatch`), and then evaluates some before the zones (measured).
 */
export const priorityOf = (policy: string): number => {
  let hash = 0
  for (const unit of policy) hash = (hash * 31 + (unit.codePointAt(0) ?? 0)) % (LAST - FIRST + 1)
  return FIRST + hash
}
