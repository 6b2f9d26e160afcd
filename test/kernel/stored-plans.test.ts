import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { storedPlans } from './lifecycle/stored-plan.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
  describeLifecycle('a plan that is stored as JSON', backend, storedPlans)
