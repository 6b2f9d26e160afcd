import { playedBackends } from '../lab/played-backends.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { killed } from './live/kills.ts'

for (const backend of playedBackends(['nftables', 'iptables-nft']))
  describeLifecycle('a live host that is killed', backend, killed)
