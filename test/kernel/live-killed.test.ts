import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { killed } from './live/kills.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
  describeLifecycle('a live host that is killed', backend, killed)
