import type { NetfilterChain, NetfilterRule, NetfilterTable, Step } from '@portolan/netfilter'
import type { TraceStep } from '@portolan/netfilter/analysis'
import { includesRanges, type RangeSet, rangeSet, uniteRanges } from '@portolan/netfilter/analysis'

/** firewalld with iptables names its chains without the table in front. */
const dispatcher = /^(filter_)?FORWARD_POLICIES$/

const dispatcherOf = ({ chains }: NetfilterTable): NetfilterChain | undefined =>
  chains.find(({ name }) => dispatcher.test(name))

/**
 * Whether policies are asked about packets between a bridge and other interfaces. firewalld (2.x) asks none about
 * packets between two interfaces that are in no zone.
 */
export const asksPolicies = (table: NetfilterTable, bridge: string, outer: readonly string[]): boolean => {
  const assigned = new Set(dispatcherOf(table)?.rules.flatMap(interfacesOf))
  return assigned.has(bridge) || (outer.length > 0 && outer.every((name) => assigned.has(name)))
}

/** Whether a rule is asked after the policies: what a policy accepts does not come to it. */
export const comesAfterPolicies = ({ table, chain, rule }: TraceStep): boolean => {
  if (table === null || chain === null || rule === null) return false
  if (dispatcher.test(chain.name)) return true
  const jump = chain.rules.findIndex(({ steps }) => steps.some(leadsToPolicies))
  return jump >= 0 && chain.rules.indexOf(rule) > jump
}

const leadsToPolicies = (step: Step): boolean =>
  step.kind === 'verdict' && 'chain' in step.verdict && dispatcher.test(step.verdict.chain)

const interfacesOf = ({ steps }: NetfilterRule): readonly string[] =>
  steps.flatMap((step) =>
    step.kind === 'compare' && isInterface(step) && step.values.kind === 'names'
      ? step.values.names.map(({ text }) => text)
      : [],
  )

const isInterface = (step: Step): boolean => isField(step, 'iifname') || isField(step, 'oifname')

const isField = (step: Step, name: 'iifname' | 'oifname'): boolean =>
  step.kind === 'compare' && step.expression.kind === 'field' && step.expression.field === name

/** The jump to a zone's chain for forwarded packets. */
const zoneJump = /^(?:filter_)?FWD_(?!policy_)(.+)$/

/** The zone that a rule of the dispatcher leads to; null: to none. */
const zoneIn = ({ steps }: NetfilterRule): { readonly zone: string; readonly chain: string } | null => {
  for (const step of steps) {
    const chain = step.kind === 'verdict' && 'chain' in step.verdict ? step.verdict.chain : ''
    const zone = zoneJump.exec(chain)?.[1]
    if (zone !== undefined) return { zone, chain }
  }
  return null
}

const isUnconditional = ({ steps }: NetfilterRule): boolean =>
  steps.every(({ kind }) => kind === 'verdict' || kind === 'note')

/** The zone of what is in none, with the chain of what it allows; null: firewalld is of another version. */
export const defaultZone = (
  table: NetfilterTable,
): { readonly zone: string; readonly allows: string } | null => {
  const rule = dispatcherOf(table)?.rules.find((one) => isUnconditional(one) && zoneIn(one) !== null)
  const found = rule === undefined ? null : zoneIn(rule)
  return found === null ? null : { zone: found.zone, allows: `${found.chain}_allow` }
}

/** The zone that an interface is in, by the packets that come in by it. */
export const zoneOf = (table: NetfilterTable, name: string): string | null => {
  const rule = dispatcherOf(table)?.rules.find(
    (one) =>
      zoneIn(one) !== null &&
      one.steps.some((step) => step.kind === 'compare' && isField(step, 'iifname') && names(step, name)),
  )
  return (rule === undefined ? null : zoneIn(rule)?.zone) ?? defaultZone(table)?.zone ?? null
}

/**
 * The rules that a policy for packets from some zones comes before: what is left once the zone has been asked.
 * Packets that a zone knows by their source are another zone's, whatever interface they come in by.
 */
export const afterZones = (
  table: NetfilterTable,
  zones: readonly string[],
): readonly { readonly chain: string; readonly before: NetfilterRule }[] => {
  const { name = '', rules = [] } = dispatcherOf(table) ?? {}
  return rules.flatMap((rule, at) => {
    const zone = zoneIn(rule)?.zone
    const before = rules[at + 1]
    return zone !== undefined && zones.includes(zone) && before !== undefined ? [{ chain: name, before }] : []
  })
}

/**
 * The zone whose packets a rule refuses, since neither the zone nor a policy lets them pass: the zone's target stands in
 * the dispatcher, behind the chains of the zone and of its policies.
 *
 * @returns null where a rule is none of these, or firewalld writes with iptables, where policies have chains of the same
 *   form as zones
 */
export const zoneRefused = (table: NetfilterTable, rule: NetfilterRule): string | null =>
  refusalIn(table, rule)?.zone ?? null

/** The zone that was asked about a packet before it came to a rule; null: none was. */
export const zoneAsked = ({ table, before }: TraceStep): string | null => {
  for (let step = before; step !== null; step = step.before) {
    const isDispatched = step.table === table && dispatcher.test(step.chain?.name ?? '')
    const found = isDispatched && step.rule !== null ? zoneIn(step.rule) : null
    if (found !== null) return found.zone
  }
  return null
}

const refusalIn = (
  table: NetfilterTable,
  rule: NetfilterRule,
): { readonly zone: string; readonly chain: string } | null => {
  const { rules = [] } = dispatcherOf(table) ?? {}
  const at = rules.indexOf(rule)
  if (table.tool !== 'nft' || at < 0 || zoneIn(rule) !== null) return null
  for (const earlier of rules.slice(0, at).toReversed()) {
    const found = zoneIn(earlier)
    if (found !== null) return found
    // Between a zone's chain and its target there is nothing but the chains of policies.
    if (!earlier.steps.some(isJump)) return null
  }
  return null
}

/**
 * Whether a zone refuses these packets by default, as it refuses all that it was told nothing of. A zone that drops what
 * is left, rejects it by its target, or lets nothing at all in to the host is there to refuse its sources.
 */
export const refusesByDefault = (table: NetfilterTable, rule: NetfilterRule): boolean => {
  const found = refusalIn(table, rule)
  if (found === null || !rule.steps.some(({ kind }) => kind === 'reject')) return false
  const toHost = found.chain.replace('FWD_', 'IN_')
  const rulesOf = (name: string): readonly NetfilterRule[] =>
    table.chains.find((chain) => chain.name === name)?.rules ?? []
  // It does so with the target `default` alone (measured, firewalld 2.3.1).
  const answersPings = rulesOf(toHost).some(accepts)
  return answersPings && (isOfInterfaces(table, found.zone) || rulesOf(`${toHost}_allow`).some(accepts))
}

/** Is a zone that of an interface, or of all interfaces that are in none? */
const isOfInterfaces = (table: NetfilterTable, zone: string): boolean =>
  defaultZone(table)?.zone === zone ||
  dispatcherOf(table)?.rules.some(
    (rule) => zoneIn(rule)?.zone === zone && rule.steps.some((step) => isField(step, 'iifname')),
  ) === true

const accepts = ({ steps }: NetfilterRule): boolean =>
  steps.some((step) => step.kind === 'verdict' && step.verdict.kind === 'accept')

const names = (step: Step, name: string): boolean =>
  step.kind === 'compare' &&
  step.values.kind === 'names' &&
  step.values.names.some(({ text }) => text === name)

/**
 * What a policy's name stands for in the rules: `free`; `ours`, since all of its rules are about addresses of the
 * network; or `taken`.
 */
export const policyState = (
  { chains }: NetfilterTable,
  policy: string,
  subnets: readonly RangeSet[],
): 'free' | 'ours' | 'taken' => {
  const own = chains.filter(({ name }) => new RegExp(`_policy_${policy}(_|$)`).test(name))
  if (own.length === 0) return 'free'
  const subnet = uniteRanges(subnets)
  const rules = own.flatMap((chain) => chain.rules).filter(({ steps }) => !steps.some(isJump))
  return rules.every(({ steps }) => steps.some((step) => isWithin(step, subnet))) ? 'ours' : 'taken'
}

const isJump = (step: Step): boolean => step.kind === 'verdict' && 'chain' in step.verdict

const isWithin = (step: Step, subnet: RangeSet): boolean =>
  step.kind === 'compare' &&
  !step.negated &&
  step.expression.kind === 'field' &&
  ['saddr', 'daddr'].includes(step.expression.field) &&
  step.values.kind === 'ranges' &&
  includesRanges(subnet, rangeSet(step.values.ranges))
