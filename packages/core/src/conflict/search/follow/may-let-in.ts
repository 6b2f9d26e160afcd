import type {
  Hook,
  NatStep,
  NetfilterChain,
  NetfilterRule,
  NetfilterRuleset,
  NetfilterTable,
  Step,
} from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'
import { furtherSteps, intersects, ownerOfChain, type RangeSet } from '@portolan/netfilter/analysis'

/** The hooks where an incoming packet meets rules before the last managed drop. */
const hooks: readonly Hook[] = ['ingress', 'prerouting', 'forward']

/**
 * Whether a foreign rule could let in what managed rules drop. Only two kinds of rule can: one that changes a value
 * that managed rules match, and one in front of a jump to a managed drop, in the same chain. A packet that any other
 * rule accepts still meets the managed drops (nft(8), OVERALL EVALUATION). Without such a rule, closed rows stay
 * closed.
 *
 * @param subnets - the subnets of the project's networks, by family
 */
export const mayLetIn = (rulesets: readonly NetfilterRuleset[], subnets: readonly RangeSet[]): boolean =>
  rulesets.some(({ tables }) => tables.some((table) => !table.dormant && tableMayLetIn(table, subnets)))

const tableMayLetIn = (table: NetfilterTable, subnets: readonly RangeSet[]): boolean => {
  const isReached = table.chains.some(({ base }) => base !== null && hooks.includes(base.hook))
  if (!isReached) return false
  const isOurs = (chain: NetfilterChain): boolean => ownerOf(table, chain, null) === 'portolan'
  const drops = table.chains.some(
    (chain) => isOurs(chain) && chain.rules.some(({ steps }) => steps.some(isDrop)),
  )
  return table.chains.some(
    (chain) => !isOurs(chain) && (hasChange(chain.rules, subnets) || (drops && hasRuleInFront(chain.rules))),
  )
}

const hasChange = (rules: readonly NetfilterRule[], subnets: readonly RangeSet[]): boolean =>
  furtherSteps(rules).some((step) => changesPacket(step, subnets))

/** Whether a step changes a value that managed rules match. They match no mark, packet type or hop limit. */
const changesPacket = (step: Step, subnets: readonly RangeSet[]): boolean => {
  switch (step.kind) {
    case 'notrack':
    case 'tproxy':
    case 'fwd':
      return true
    case 'nat':
      return step.type === 'dnat' && mayLeadTo(step, subnets)
    case 'set':
      return !['mark', 'ct-mark', 'pkttype', 'hop-limit'].includes(step.target)
    default:
      return false
  }
}

/**
 * Whether a translation may lead to a container of the project. One to a foreign address does not, one of only the port
 * may.
 */
export const mayLeadTo = ({ address }: NatStep, subnets: readonly RangeSet[]): boolean =>
  address?.kind !== 'range' ||
  subnets.some(
    (subnet) =>
      typeof subnet.starts[0] === typeof address.first &&
      intersects(subnet, { starts: [address.first], ends: [address.last] }),
  )

const isDrop = (step: Step): boolean => step.kind === 'verdict' && step.verdict.kind === 'drop'

/** Whether a foreign rule is in front of a jump to a managed chain. */
const hasRuleInFront = (rules: readonly NetfilterRule[]): boolean =>
  furtherSteps(rules).some(leadsToOurs) && rules.findIndex(({ steps }) => steps.some(leadsToOurs)) > 0

const leadsToOurs = (step: Step): boolean =>
  step.kind === 'verdict' && 'chain' in step.verdict && ownerOfChain(step.verdict.chain) === 'portolan'
