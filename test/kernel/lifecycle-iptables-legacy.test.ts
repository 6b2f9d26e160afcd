import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { destroying } from './lifecycle/destroy.ts'
import { flows } from './lifecycle/flows.ts'
import { foreignAccept } from './lifecycle/foreign-accept.ts'
import { foreignFlush } from './lifecycle/foreign-flush.ts'
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

describeLifecycle('applying again', 'iptables-legacy', idempotence)
describeLifecycle('destroy', 'iptables-legacy', destroying)
describeLifecycle('forwarding', 'iptables-legacy', forwarding)
describeLifecycle('bridge ports', 'iptables-legacy', bridgePorts)
describeLifecycle('running flows', 'iptables-legacy', flows)
describeLifecycle('refusals', 'iptables-legacy', refusals)
describeLifecycle('scripts', 'iptables-legacy', scripts)
describeLifecycle('scripts beside another project', 'iptables-legacy', scriptsBeside)
describeLifecycle('switching backends', 'iptables-legacy', switching)
describeLifecycle('a container on two networks', 'iptables-legacy', twoNetworks)
describeLifecycle('interruption', 'iptables-legacy', interruption)
describeLifecycle('a live host', 'iptables-legacy', liveHost)
describeLifecycle('a foreign flush', 'iptables-legacy', foreignFlush)
describeLifecycle('a foreign accept', 'iptables-legacy', (open) => foreignAccept(open, 'iptables-legacy'))
