import { playsEachBackend } from '../lab/played-backends.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { destroying } from './lifecycle/destroy.ts'
import { flows } from './lifecycle/flows.ts'
import { foreignAccept } from './lifecycle/foreign-accept.ts'
import { foreignFlush } from './lifecycle/foreign-flush.ts'
import { foreignRefusal } from './lifecycle/foreign-refusal.ts'
import { forwarding } from './lifecycle/forwarding.ts'
import { idempotence } from './lifecycle/idempotence.ts'
import { interruption } from './lifecycle/interruption.ts'
import { liveHost } from './lifecycle/live-host.ts'
import { bridgePorts } from './lifecycle/ports.ts'
import { refusals } from './lifecycle/refusals.ts'
import { scripts } from './lifecycle/scripts.ts'
import { scriptsBeside } from './lifecycle/scripts-beside.ts'
import { switching } from './lifecycle/switching.ts'
import { twoNetworks } from './lifecycle/two-networks.ts'

describeLifecycle('applying again', 'iptables-nft', idempotence)
describeLifecycle('forwarding', 'iptables-nft', forwarding)
describeLifecycle('bridge ports', 'iptables-nft', bridgePorts)
describeLifecycle('running flows', 'iptables-nft', flows)
describeLifecycle('refusals', 'iptables-nft', refusals)
describeLifecycle('scripts', 'iptables-nft', scripts)
describeLifecycle('a container on two networks', 'iptables-nft', twoNetworks)
describeLifecycle('a foreign accept', 'iptables-nft', (open) => foreignAccept(open, 'iptables-nft'))
describeLifecycle('a foreign refusal', 'iptables-nft', (open) => foreignRefusal(open, 'iptables-nft'))

// By default, these run only on nftables and iptables-legacy: see played-backends.ts.
if (playsEachBackend) {
  describeLifecycle('destroy', 'iptables-nft', destroying)
  describeLifecycle('scripts beside another project', 'iptables-nft', scriptsBeside)
  describeLifecycle('switching backends', 'iptables-nft', switching)
  describeLifecycle('interruption', 'iptables-nft', interruption)
  describeLifecycle('a live host', 'iptables-nft', liveHost)
  describeLifecycle('a foreign flush', 'iptables-nft', foreignFlush)
}
