import { furtherSteps } from '../model/further-steps.ts'
import type { NetfilterChain, NetfilterRule } from '../model/index.ts'
import { ownerOfChain } from './fingerprint.ts'

/**
 * The rules that firewalld's iptables backend writes in front of its own jumps, the nearest first. Each occurs at most
 * once (firewalld `src/firewall/core/ipXtables.py`, `build_default_rules` and `build_rpfilter_rules`).
 */
const before: readonly RegExp[] = [
  / -m rpfilter --validmark( --loose)? --invert -j DROP$/,
  / -m rpfilter --validmark( --loose)? --invert .*-j LOG --log-prefix "rpfilter_DROP: "$/,
  / -p (ipv6-icmp|icmpv6) -m icmp6 --icmpv6-type 135 -j ACCEPT$/,
  / -p (ipv6-icmp|icmpv6) -m icmp6 --icmpv6-type 134 -j ACCEPT$/,
  / -m conntrack --ctstate INVALID -j DROP$/,
  / -m conntrack --ctstate INVALID .*-j LOG --log-prefix "STATE_INVALID_DROP: "$/,
  / -[io] lo -j ACCEPT$/,
  / -m conntrack --ctstate DNAT -j \w+_dnat$/,
  / -m conntrack --ctstate RELATED,ESTABLISHED(,DNAT)? -j ACCEPT$/,
]

/** The rules that the backend writes behind its own jumps, the nearest first. */
const behind: readonly RegExp[] = [
  /^-A \w+ (.*)-j LOG --log-prefix "FINAL_REJECT: "$/,
  /^-A \w+ -j REJECT --reject-with icmp6?-(host-prohibited|adm-prohibited)$/,
]

const known = new WeakMap<NetfilterChain, ReadonlySet<NetfilterRule>>()

/**
 * The rules of firewalld's iptables backend in a built-in chain: one block around the jumps to its own chains. A rule
 * of the same form elsewhere in the chain may belong to an administrator.
 */
export const firewalldBlock = (chain: NetfilterChain): ReadonlySet<NetfilterRule> => {
  const found = known.get(chain)
  if (found !== undefined) return found
  const block = findBlock(chain.rules)
  known.set(chain, block)
  return block
}

const findBlock = (rules: readonly NetfilterRule[]): ReadonlySet<NetfilterRule> => {
  // The block includes jumps. Most chains of thousands of rules have no jump, and need no search.
  if (furtherSteps(rules).length === 0) return new Set()
  const first = rules.findIndex((rule) => asksNothing(rule) && hook.test(rule.source.text))
  if (first < 0) return new Set()
  let last = first
  while (leadsToOwn(rules[last + 1])) last += 1
  const start = first - countForms(rules.slice(0, first).reverse(), before)
  const end = last + countForms(rules.slice(last + 1), behind)
  return new Set(rules.slice(start, end + 1))
}

/** The first of the block's jumps, in every version of firewalld. */
const hook = /^-A (\w+) -j \1_direct$/

/**
 * Whether a rule has no match, as the jump `hook` has none. This test comes before the rule's text: a text is built
 * when it is first read, and a chain may have thousands.
 */
const asksNothing = ({ steps }: NetfilterRule): boolean =>
  steps.every(({ kind }) => kind !== 'compare' && kind !== 'lookup' && kind !== 'any-of')

const leadsToOwn = (rule: NetfilterRule | undefined): boolean => {
  const chain = rule === undefined ? null : /-j (\S+)$/.exec(rule.source.text)?.[1]
  return chain != null && ownerOfChain(chain) === 'firewalld'
}

/** The number of leading rules that have the forms, in the order of the forms, each form at most once. */
const countForms = (rules: readonly NetfilterRule[], forms: readonly RegExp[]): number => {
  let count = 0
  let next = 0
  for (const { source } of rules) {
    const at = forms.findIndex((form, place) => place >= next && form.test(source.text))
    if (at < 0) break
    next = at + 1
    count += 1
  }
  return count
}
