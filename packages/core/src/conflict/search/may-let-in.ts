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

/** Where a packet that comes in meets rules before our last drop. */
const hooks: readonly Hook[] = ['ingress', 'prerouting', 'forward']

/**
 * Could a foreign rule let in what our rules drop? Only one that changes what our rules ask for, or that ends a chain in
 * front of a jump to our drops: what other rules accept still meets our drops (nft(8), OVERALL EVALUATION). Where there
 * is neither, our own rules keep closed what they close.
 *
 * @param subnets - of our networks, by family
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

/** Our rules ask for none of the marks, nor for the packet type. */
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

/** A translation to an address of others leads to none of our containers; one of the port alone may. */
export const mayLeadTo = ({ address }: NatStep, subnets: readonly RangeSet[]): boolean =>
  address?.kind !== 'range' ||
  subnets.some(
    (subnet) =>
      typeof subnet.starts[0] === typeof address.first &&
      intersects(subnet, { starts: [address.first], ends: [address.last] }),
  )

const isDrop = (step: Step): boolean => step.kind === 'verdict' && step.verdict.kind === 'drop'

/** A foreign rule stands in front of a jump to a chain of ours. */
const hasRuleInFront = (rules: readonly NetfilterRule[]): boolean =>
  furtherSteps(rules).some(leadsToOurs) && rules.findIndex(({ steps }) => steps.some(leadsToOurs)) > 0

const leadsToOurs = (step: Step): boolean =>
  step.kind === 'verdict' && 'chain' in step.verdict && ownerOfChain(step.verdict.chain) === 'portolan'
