import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { metricsInAny, metricsOfWatch } from './metrics/of-watch.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
  describeLifecycle('metrics of a watch', backend, metricsOfWatch)
describeLifecycle('metrics of a live project, and those that cannot be served', 'nftables', metricsInAny)
