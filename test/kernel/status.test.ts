import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { statusOfFiles } from './status/of-files.ts'
import { statusOfLive } from './status/of-live.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const) {
  describeLifecycle('status of a Compose project', backend, statusOfFiles)
  describeLifecycle('status of a live project', backend, statusOfLive)
}
