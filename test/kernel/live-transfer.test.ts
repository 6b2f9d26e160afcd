import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { transfer } from './live/transfer.ts'

for (const backend of ['nftables', 'iptables-nft'] as const)
  describeLifecycle('a transfer beside a live host', backend, transfer)
