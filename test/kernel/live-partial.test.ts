import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { partialDamage } from './live/partial-damage.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
  describeLifecycle('a watched project of which others change a part', backend, partialDamage)
