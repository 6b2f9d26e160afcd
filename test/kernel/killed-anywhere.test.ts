import { killedAnywhere } from './killed-anywhere/rounds.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
  describeLifecycle('a planned project whose programs are killed', backend, killedAnywhere)
