import type { HostFacts, RouteFact } from '@portolan/netfilter'
import {
  classicPool,
  planSubnets,
  type SubnetPlan,
  type SubnetPlanOptions,
  type SubnetRequest,
} from '../../src/pool/index.ts'

export const web: SubnetRequest = { network: 'web', family: 'ip' }

export const only = (plans: readonly SubnetPlan[]): SubnetPlan => {
  const [plan] = plans
  if (plan === undefined || plans.length !== 1) throw new Error(`${plans.length} plans`)
  return plan
}

export const planOne = (
  facts: HostFacts,
  request: Partial<SubnetRequest> = {},
  pool = classicPool,
  options: SubnetPlanOptions = {},
): SubnetPlan => only(planSubnets(facts, [{ ...web, ...request }], [pool], options))

export const route = (destination: string, rest: RouteFact = {}): HostFacts => ({
  routes: [{ destination, interface: 'wg0', ...rest }],
})

export const names = (count: number): SubnetRequest[] =>
  Array.from({ length: count }, (_, at) => ({ network: `n${at}`, family: 'ip' }))
