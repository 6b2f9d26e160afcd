import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { flat } from './live/flat.ts'

for (const backend of ['nftables', 'iptables-nft'] as const)
  describeLifecycle('a live host that publishes many ports one after the other', backend, flat)
