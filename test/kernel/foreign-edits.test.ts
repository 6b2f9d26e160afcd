import { editsUnderWatch } from './foreign-edits/edits-under-watch.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
  describeLifecycle('a watched project beside random edits of other programs', backend, editsUnderWatch)
