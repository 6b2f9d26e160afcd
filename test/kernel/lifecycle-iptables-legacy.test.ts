import { playsEachBackend } from '../lab/played-backends.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { destroying } from './lifecycle/destroy.ts'
import { flows } from './lifecycle/flows.ts'
import { foreignAccept } from './lifecycle/foreign-accept.ts'
import { foreignFlush } from './lifecycle/foreign-flush.ts'
import { foreignRefusal } from './lifecycle/foreign-refusal.ts'
import { idempotence } from './lifecycle/idempotence.ts'
import { interruption } from './lifecycle/interruption.ts'
import { liveHost } from './lifecycle/live-host.ts'
import { scripts } from './lifecycle/scripts.ts'
import { scriptsBeside } from './lifecycle/scripts-beside.ts'
import { switching } from './lifecycle/switching.ts'

// Tests that do not depend on the tables of rules run on the other two backends: forwarding, refusals, bridge ports,
// two networks.
describeLifecycle('destroy', 'iptables-legacy', destroying)
describeLifecycle('scripts beside another project', 'iptables-legacy', scriptsBeside)
describeLifecycle('switching backends', 'iptables-legacy', switching)
describeLifecycle('interruption', 'iptables-legacy', interruption)
describeLifecycle('a live host', 'iptables-legacy', liveHost)
describeLifecycle('a foreign flush', 'iptables-legacy', foreignFlush)
describeLifecycle('a foreign accept', 'iptables-legacy', (open) => foreignAccept(open, 'iptables-legacy'))
describeLifecycle('a foreign refusal', 'iptables-legacy', (open) => foreignRefusal(open, 'iptables-legacy'))

// By default, these run only on nftables and iptables-nft: see played-backends.ts.
if (playsEachBackend) {
  describeLifecycle('applying again', 'iptables-legacy', idempotence)
  describeLifecycle('running flows', 'iptables-legacy', flows)
  describeLifecycle('scripts', 'iptables-legacy', scripts)
}
