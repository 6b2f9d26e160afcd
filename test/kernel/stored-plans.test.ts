import { playedBackends } from '../lab/played-backends.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { storedPlans } from './lifecycle/stored-plan.ts'

for (const backend of playedBackends(['nftables', 'iptables-nft']))
  describeLifecycle('a plan that is stored as JSON', backend, storedPlans)
