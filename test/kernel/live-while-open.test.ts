import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { whileOpen } from './live/while-open.ts'

for (const backend of ['nftables', 'iptables-nft'] as const)
  describeLifecycle('what is taken away of a live project while it is open', backend, whileOpen)
