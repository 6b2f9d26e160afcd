import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { partialDamage } from './live/partial-damage.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
  describeLifecycle(
    'a watched project with rules that another program changes in part',
    backend,
    partialDamage,
  )
