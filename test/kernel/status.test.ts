import { playedBackends } from '../lab/played-backends.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { statusOfFiles } from './status/of-files.ts'
import { statusOfLive } from './status/of-live.ts'

for (const backend of playedBackends(['nftables', 'iptables-nft']))
  describeLifecycle('status of a Compose project', backend, statusOfFiles)
for (const backend of playedBackends(['nftables', 'iptables-legacy']))
  describeLifecycle('status of a live project', backend, statusOfLive)
