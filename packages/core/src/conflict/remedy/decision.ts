import type { Expression, NetfilterRule, Step } from '@portolan/netfilter'
import type { TraceStep } from '@portolan/netfilter/analysis'
import { refusesByDefault } from './firewalld-rules.ts'

/**
 * Whether a packet is refused for its source: by the rule itself, or by a rule that led to its chain. Such a rule is a
 * ban (fail2ban, `ufw deny from`, a rich rule, a blocklist), and a ban is a decision. That a zone of firewalld has these
 * sources is none: it refuses what it was told nothing of, as a zone of interfaces does.
 */
export const isBan = (step: TraceStep): boolean =>
  isRefusal(step) && pathTo(step).some(({ rule }) => asksSource(rule)) && !isZoneDefault(step)

const isZoneDefault = ({ table, rule }: TraceStep): boolean =>
  table !== null && rule !== null && refusesByDefault(table, rule)

/**
 * Whether a packet is refused for the rate or the number of packets or connections: by the rule itself, by one that
 * led to its chain, or since it is more than a rule of its chain passes. Such a limit is a decision.
 */
export const isLimit = (step: TraceStep, certainty: 'certain' | 'possible'): boolean =>
  certainty === 'possible' &&
  isRefusal(step) &&
  (pathTo(step).some(({ rule }) => limits(rule)) || isLeftByLimit(step))

const isRefusal = ({ deed }: TraceStep): boolean =>
  deed.kind === 'drop' || deed.kind === 'may-drop' || deed.kind === 'reject'

/** The trace has no rule that did not match. Where one was sure not to match, the refusal would be certain. */
const isLeftByLimit = ({ chain, rule }: TraceStep): boolean => {
  const rules = chain?.rules ?? []
  return rules
    .slice(0, rule === null ? rules.length : rules.indexOf(rule))
    .some((one) => limits(one) && one.steps.some(isPass))
}

const isPass = (step: Step): boolean =>
  step.kind === 'verdict' && (step.verdict.kind === 'accept' || step.verdict.kind === 'return')

/** Matches that count packets, bytes or connections (iptables-extensions(8), nft(8)), as a rule prints them. */
const countsPackets = /(^|\s)(limit|hashlimit|connlimit|connbytes|quota2?|rateest|ct count)(\s|$)/

const limits = (rule: NetfilterRule | null): boolean => rule?.steps.some(limitsIn) === true

const limitsIn = (step: Step): boolean =>
  step.kind === 'any-of'
    ? step.alternatives.some((all) => all.some(limitsIn))
    : step.kind === 'unknown-match' && countsPackets.test(step.text)

/** Whether a chain, or one that leads to it, has such a name. */
export const isWithin = (step: TraceStep, name: RegExp): boolean =>
  pathTo(step).some(({ chain }) => chain !== null && name.test(chain.name))

/** A step and the jumps that led to its chain, the step first. */
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

/** Does a rule ask for the source of a packet, or count by it? */
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
