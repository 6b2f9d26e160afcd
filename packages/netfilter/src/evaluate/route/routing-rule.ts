import { type Family, type Prefix, parseHostOrPrefix } from '../../address/index.ts'
import { containsAddress } from '../../address/prefix.ts'
import type { RoutingRuleFact } from '../../facts/index.ts'
import { type FlowSelector, flowSelector } from './flow-selector.ts'
import type { Link } from './link.ts'
import type { RouteKey } from './route-key.ts'
import { routingRuleText } from './routing-rule-text.ts'

export const LOCAL_TABLE = 255
export const MAIN_TABLE = 254
const DEFAULT_TABLE = 253

export interface RoutingRule {
  readonly priority: number
  readonly table: number
  readonly action: string
  readonly goto: number | null
  /** Ignores routes with a prefix of this length or shorter; null: none. */
  readonly suppress: number | null
  /** As `ip rule` shows it; null: every host has this rule. */
  readonly text: string | null
  /** Whether it may be unknown that the rule matches. */
  readonly unknown: boolean
  /** The selectors besides addresses, interface and mark; null: none. */
  readonly flow: FlowSelector | null
  readonly asksMark: boolean
  /** Its selectors by address. */
  readonly from: Prefix | null
  readonly to: Prefix | null
  /** Null: not known. */
  readonly matches: (key: RouteKey) => boolean | null
}

/** The rules that every host has from the start (net/ipv4/fib_rules.c, `fib_default_rules_init`). */
const defaults: readonly RoutingRuleFact[] = [
  { priority: 0, table: LOCAL_TABLE },
  { priority: 32766, table: MAIN_TABLE },
  { priority: 32767, table: DEFAULT_TABLE },
]

/**
 * The rules of one family, in the order in which the kernel tries them. A list without the rule of the local table was
 * written by hand, and is added to the rules that every host has.
 */
export const readRoutingRules = (
  facts: readonly RoutingRuleFact[],
  family: Family,
  links: ReadonlyMap<string, Link>,
): readonly RoutingRule[] => {
  const own = facts.filter((rule) => (rule.family ?? family) === family && isOfFamily(rule, family))
  const listed = own.some(({ table }) => table === LOCAL_TABLE)
  return [...(listed ? [] : defaults), ...own]
    .map((fact) => readRule(fact, family, links))
    .sort((a, b) => a.priority - b.priority)
}

const isDefault = ({ priority, table, action = 'lookup', ...asked }: RoutingRuleFact): boolean => {
  const selectors = { ...asked, family: undefined }
  return (
    action === 'lookup' &&
    defaults.some((rule) => rule.priority === priority && rule.table === table) &&
    Object.values(selectors).every((value) => value === undefined || value === null)
  )
}

/** A rule without a family is of the family of its prefixes, or of both. */
const isOfFamily = ({ from, to }: RoutingRuleFact, family: Family): boolean =>
  [from, to].every((text) => text === undefined || text === null || parseHostOrPrefix(text).family === family)

const prefixOf = (text: string | null | undefined): Prefix | null =>
  text === null || text === undefined ? null : parseHostOrPrefix(text)

const readRule = (fact: RoutingRuleFact, family: Family, links: ReadonlyMap<string, Link>): RoutingRule => {
  const from = prefixOf(fact.from)
  const to = prefixOf(fact.to)
  const mask = fact.mask ?? (fact.mark === undefined || fact.mark === 0 ? 0 : 0xffffffff)
  const mark = fact.mark ?? 0
  const l3mdev = fact.other?.includes('l3mdev') === true
  const unknown = fact.other !== undefined && fact.other.length > 0 && !(l3mdev && fact.other.length === 1)
  const flow = flowSelector(fact)
  const holds = (prefix: Prefix | null, value: number | bigint | null): boolean => {
    if (prefix === null) return true
    if (value === null) return prefix.length === 0
    return family === 'ip'
      ? containsAddress(prefix, { family, value: Number(value) })
      : containsAddress(prefix, { family, value: BigInt(value) })
  }
  /** Whether an interface belongs to a VRF. The facts do not name the table of a VRF. */
  const inVrf = (name: string | null): boolean => {
    const master = links.get(name ?? '')?.master ?? null
    return master !== null && links.get(master)?.kind === 'vrf'
  }
  const matches = (key: RouteKey): boolean | null => {
    const known =
      holds(from, key.source) &&
      holds(to, key.destination) &&
      (fact.in === undefined || fact.in === null || fact.in === key.in) &&
      (fact.out === undefined || fact.out === null || fact.out === key.out) &&
      ((key.mark ^ mark) & mask) === 0
    if (l3mdev && !inVrf(key.in) && !inVrf(key.out)) return false
    const isInverted = fact.invert === true
    // A known selector does not match, so the unknown ones do not matter.
    if (!known) return isInverted
    const ofFlow = flow === null ? true : flow.matches(key.flow)
    if (ofFlow === false) return isInverted
    if (unknown || l3mdev || ofFlow === null) return null
    return !isInverted
  }
  return {
    priority: fact.priority ?? 32765,
    table: fact.table ?? MAIN_TABLE,
    action: fact.action ?? 'lookup',
    goto: fact.gotoPriority ?? null,
    suppress: fact.suppressPrefixLength ?? null,
    text: isDefault(fact) ? null : routingRuleText(fact, family),
    unknown: unknown || l3mdev || flow !== null,
    flow,
    asksMark: mask !== 0,
    from,
    to,
    matches,
  }
}
