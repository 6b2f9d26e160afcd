import { playedBackends } from '../lab/played-backends.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { metricsInAny, metricsOfWatch } from './metrics/of-watch.ts'

for (const backend of playedBackends(['nftables', 'iptables-legacy']))
  describeLifecycle('metrics of a watch', backend, metricsOfWatch)
describeLifecycle('metrics of a live project, and those that cannot be served', 'nftables', metricsInAny)
