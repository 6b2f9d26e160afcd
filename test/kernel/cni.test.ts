import { chained } from './cni/chained.ts'
import { killedVerbs } from './cni/killed-verbs.ts'
import { together } from './cni/together.ts'
import { verbs } from './cni/verbs.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'

for (const backend of ['nftables', 'iptables-nft'] as const)
  describeLifecycle('the CNI plugin', backend, verbs)

describeLifecycle('many calls of the CNI plugin', 'nftables', together)
describeLifecycle('killed calls of the CNI plugin', 'nftables', killedVerbs)
for (const backend of ['nftables', 'iptables-nft'] as const)
  describeLifecycle('the CNI plugin behind another', backend, chained)
