import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { mistakes } from './live/mistakes.ts'

for (const backend of ['nftables', 'iptables-nft'] as const)
  describeLifecycle('mistakes with a live project', backend, mistakes)
