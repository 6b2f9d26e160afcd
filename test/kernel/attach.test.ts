import { attaching } from './attach/attaching.ts'
import { failures } from './attach/failures.ts'
import { inside } from './attach/inside.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
  describeLifecycle('attach', backend, attaching)
describeLifecycle('what is attached', 'nftables', inside)
describeLifecycle('an attach', 'nftables', failures)
