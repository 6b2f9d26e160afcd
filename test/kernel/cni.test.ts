import type { Backend } from '../lab/backend.ts'
import { playedBackends } from '../lab/played-backends.ts'
import { chained } from './cni/chained.ts'
import { ended } from './cni/ended.ts'
import { failedAdd } from './cni/failed-add.ts'
import { fullDisk } from './cni/full-disk.ts'
import { killedVerbs } from './cni/killed-verbs.ts'
import { lostState } from './cni/lost-state.ts'
import { status } from './cni/status.ts'
import { together } from './cni/together.ts'
import { twoInterfaces } from './cni/two-interfaces.ts'
import { verbs } from './cni/verbs.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'

const played = (...sample: readonly Backend[]) => playedBackends(sample, ['nftables', 'iptables-nft'])

for (const backend of played('nftables', 'iptables-nft')) describeLifecycle('the CNI plugin', backend, verbs)

for (const backend of played('iptables-nft'))
  describeLifecycle(
    'the CNI plugin with two interfaces of a container on one network',
    backend,
    twoInterfaces,
  )

describeLifecycle('many calls of the CNI plugin at once', 'nftables', together)
for (const backend of played('nftables'))
  describeLifecycle('containers that end without the CNI plugin', backend, ended)
describeLifecycle('killed calls of the CNI plugin', 'nftables', killedVerbs)
for (const backend of played('nftables', 'iptables-nft'))
  describeLifecycle('the CNI plugin after the plugin bridge in a list', backend, chained)
describeLifecycle('STATUS of the CNI plugin', 'nftables', status)
describeLifecycle('a failed ADD of the CNI plugin', 'nftables', failedAdd)
describeLifecycle('a full disk under the CNI plugin', 'nftables', fullDisk)
for (const backend of played('iptables-nft'))
  describeLifecycle('the CNI plugin after the loss of its state directory', backend, lostState)
