import { killedAnywhere } from './killed-anywhere/rounds.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
  describeLifecycle('apply and watch that are killed at any instant', backend, killedAnywhere)
