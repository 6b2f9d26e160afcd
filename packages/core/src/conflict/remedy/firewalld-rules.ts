import type { NetfilterChain, NetfilterRule, NetfilterTable, Step } from '@portolan/netfilter'
import type { TraceStep } from '@portolan/netfilter/analysis'
import { includesRanges, type RangeSet, rangeSet, uniteRanges } from '@portolan/netfilter/analysis'

/** The chain that dispatches packets to policies. With iptables, its name lacks the table in front. */
const dispatcher = /^(filter_)?FORWARD_POLICIES$/

const dispatcherOf = ({ chains }: NetfilterTable): NetfilterChain | undefined =>
  chains.find(({ name }) => dispatcher.test(name))

/**
 * Whether firewalld evaluates policies for packets between a bridge and other interfaces. firewalld (2.x) evaluates
 * none for packets between two interfaces that are in no zone.
 */
export const asksPolicies = (table: NetfilterTable, bridge: string, outer: readonly string[]): boolean => {
  const assigned = new Set(dispatcherOf(table)?.rules.flatMap(interfacesOf))
  return assigned.has(bridge) || (outer.length > 0 && outer.every((name) => assigned.has(name)))
}

/** Whether a rule is evaluated after the policies: packets that a policy accepts do not reach it. */
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

/** Matches a jump to a zone's chain for forwarded packets. */
const zoneJump = /^(?:filter_)?FWD_(?!policy_)(.+)$/

/** The zone that a rule of the dispatcher leads to; null: none. */
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

/**
 * The default zone, for interfaces in no zone, with the chain of what it allows; null: an unknown version of firewalld.
 */
export const defaultZone = (
  table: NetfilterTable,
): { readonly zone: string; readonly allows: string } | null => {
  const rule = dispatcherOf(table)?.rules.find((one) => isUnconditional(one) && zoneIn(one) !== null)
  const found = rule === undefined ? null : zoneIn(rule)
  return found === null ? null : { zone: found.zone, allows: `${found.chain}_allow` }
}

/** The zone of an interface, judged by packets that come in by it. */
export const zoneOf = (table: NetfilterTable, name: string): string | null => {
  const rule = dispatcherOf(table)?.rules.find(
    (one) =>
      zoneIn(one) !== null &&
      one.steps.some((step) => step.kind === 'compare' && isField(step, 'iifname') && names(step, name)),
  )
  return (rule === undefined ? null : zoneIn(rule)?.zone) ?? defaultZone(table)?.zone ?? null
}

/**
 * The rules in front of which a policy for packets from some zones is evaluated: those right after the zone's own.
 * Packets that a zone recognises by their source belong to that zone, whatever interface they come in by.
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
 * The zone that a rule refuses packets for, because neither the zone nor a policy lets them pass. The target of a zone
 * is a rule in the dispatcher, after the chains of the zone and its policies.
 *
 * @returns null when the rule is not such a target, or when firewalld writes with iptables, where the chains of
 *   policies look like those of zones
 */
export const zoneRefused = (table: NetfilterTable, rule: NetfilterRule): string | null =>
  refusalIn(table, rule)?.zone ?? null

/** The zone that was evaluated for a packet before it came to a rule; null: none was. */
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
    // Only the chains of policies are between a zone's chain and its target.
    if (!earlier.steps.some(isJump)) return null
  }
  return null
}

/**
 * Whether a zone refuses these packets by default, like everything that it has no setting for. A zone is meant to
 * refuse its sources if it drops the rest, rejects it by its target, or lets nothing in to the host.
 */
export const refusesByDefault = (table: NetfilterTable, rule: NetfilterRule): boolean => {
  const found = refusalIn(table, rule)
  if (found === null || !rule.steps.some(({ kind }) => kind === 'reject')) return false
  const toHost = found.chain.replace('FWD_', 'IN_')
  const rulesOf = (name: string): readonly NetfilterRule[] =>
    table.chains.find((chain) => chain.name === name)?.rules ?? []
  // A zone answers pings only with the target `default` (measured, firewalld 2.3.1).
  const answersPings = rulesOf(toHost).some(accepts)
  return answersPings && (isOfInterfaces(table, found.zone) || rulesOf(`${toHost}_allow`).some(accepts))
}

/** Whether a zone belongs to an interface, or to all interfaces that are in no zone. */
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
 * The state of a policy's name in the rules: `free`; `ours`, if all of its rules match addresses of the network; or
 * `taken`.
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
