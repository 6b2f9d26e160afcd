import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { callers } from './live/callers.ts'

for (const backend of ['nftables', 'iptables-nft'] as const)
  describeLifecycle('a live project that several programs hold', backend, callers)
