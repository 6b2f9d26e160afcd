import { playedBackends } from '../lab/played-backends.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { partialDamage } from './live/partial-damage.ts'

for (const backend of playedBackends(['nftables', 'iptables-legacy']))
  describeLifecycle(
    'a watched project with rules that another program changes in part',
    backend,
    partialDamage,
  )
