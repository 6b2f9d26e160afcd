import { attaching } from './attach/attaching.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
  describeLifecycle('attach', backend, attaching)
