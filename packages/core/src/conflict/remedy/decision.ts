import type { Expression, NetfilterRule, Step } from '@portolan/netfilter'
import type { TraceStep } from '@portolan/netfilter/analysis'
import { refusesByDefault } from './firewalld-rules.ts'

/**
 * Whether a packet is refused because of its source: by the rule itself, or by a rule that led to its chain. Such a
 * rule is a ban (fail2ban, `ufw deny from`, a rich rule, a blocklist), and a ban is a decision. A zone of firewalld
 * that has these sources is not a ban: it refuses by default, as a zone of interfaces does.
 */
export const isBan = (step: TraceStep): boolean =>
  isRefusal(step) && pathTo(step).some(({ rule }) => asksSource(rule)) && !isZoneDefault(step)

const isZoneDefault = ({ table, rule }: TraceStep): boolean =>
  table !== null && rule !== null && refusesByDefault(table, rule)

/**
 * Whether a packet is refused because of the rate or number of packets or connections. Either the rule itself or one
 * that led to its chain limits them, or a rule of its chain lets only so many pass. Such a limit is a decision.
 */
export const isLimit = (step: TraceStep, certainty: 'certain' | 'possible'): boolean =>
  certainty === 'possible' &&
  isRefusal(step) &&
  (pathTo(step).some(({ rule }) => hasLimit(rule)) || isLeftByLimit(step))

const isRefusal = ({ deed }: TraceStep): boolean =>
  deed.kind === 'drop' || deed.kind === 'may-drop' || deed.kind === 'reject'

/**
 * Whether an earlier rule of the chain passes a limited number of packets. The trace lacks rules that did not match. If
 * that rule certainly did not match, the refusal would be certain.
 */
const isLeftByLimit = ({ chain, rule }: TraceStep): boolean => {
  const rules = chain?.rules ?? []
  return rules
    .slice(0, rule === null ? rules.length : rules.indexOf(rule))
    .some((one) => hasLimit(one) && one.steps.some(isPass))
}

const isPass = (step: Step): boolean =>
  step.kind === 'verdict' && (step.verdict.kind === 'accept' || step.verdict.kind === 'return')

/** Matches that count packets, bytes or connections (iptables-extensions(8), nft(8)), as a rule prints them. */
const countsPackets = /(^|\s)(limit|hashlimit|connlimit|connbytes|quota2?|rateest|ct count)(\s|$)/

const hasLimit = (rule: NetfilterRule | null): boolean => rule?.steps.some(limitsIn) === true

const limitsIn = (step: Step): boolean =>
  step.kind === 'any-of'
    ? step.alternatives.some((all) => all.some(limitsIn))
    : step.kind === 'unknown-match' && countsPackets.test(step.text)

/** Whether the chain of a step, or a chain that led to it, has such a name. */
export const isWithin = (step: TraceStep, name: RegExp): boolean =>
  pathTo(step).some(({ chain }) => chain !== null && name.test(chain.name))

/** A step with the jumps that led to its chain. The step comes first. */
const pathTo = (step: TraceStep): readonly TraceStep[] => {
  const path = [step]
  let wanted = step
  for (let earlier = step.before; earlier !== null && wanted.chain?.base === null; earlier = earlier.before)
    if (
      earlier.table === wanted.table &&
      earlier.packet === wanted.packet &&
      'chain' in earlier.deed &&
      earlier.deed.chain === wanted.chain.name
    ) {
      path.push(earlier)
      wanted = earlier
    }
  return path
}

/** Whether a rule matches the source of a packet, or counts by source. */
export const asksSource = (rule: NetfilterRule | null): boolean => rule?.steps.some(asks) === true

/** Matches that keep a list of sources, or count by source (iptables-extensions(8)). */
const listsOfSources = /\b(src|srcip|recent|geoip|mac-source|rsource)\b/

const asks = (step: Step): boolean => {
  switch (step.kind) {
    case 'compare':
      return isSource(step.expression)
    case 'lookup':
    case 'dispatch':
      return step.key.some(isSource)
    case 'any-of':
      return step.alternatives.some((all) => all.some(asks))
    case 'unknown-match':
      return listsOfSources.test(step.text)
    default:
      return false
  }
}

const isSource = (expression: Expression): boolean => {
  switch (expression.kind) {
    case 'field':
      return expression.field === 'saddr'
    case 'conntrack-tuple':
      return expression.key === 'saddr' && expression.direction === 'original'
    case 'bitwise':
      return isSource(expression.left) || isSource(expression.right)
    case 'map':
      return expression.key.some(isSource)
    default:
      return false
  }
}
