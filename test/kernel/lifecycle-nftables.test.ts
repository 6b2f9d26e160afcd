import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { destroying } from './lifecycle/destroy.ts'
import { flows } from './lifecycle/flows.ts'
import { foreignFlush } from './lifecycle/foreign-flush.ts'
import { forwarding } from './lifecycle/forwarding.ts'
import { idempotence } from './lifecycle/idempotence.ts'
import { interruption } from './lifecycle/interruption.ts'
import { liveHost } from './lifecycle/live-host.ts'
import { bridgePorts } from './lifecycle/ports.ts'
import { refusals } from './lifecycle/refusals.ts'
import { routerAdvertisements } from './lifecycle/router-advertisements.ts'
import { scripts } from './lifecycle/scripts.ts'
import { scriptsBeside } from './lifecycle/scripts-beside.ts'
import { switching } from './lifecycle/switching.ts'
import { twoNetworks } from './lifecycle/two-networks.ts'

describeLifecycle('applying again', 'nftables', idempotence)
describeLifecycle('destroy', 'nftables', destroying)
describeLifecycle('forwarding', 'nftables', forwarding)
describeLifecycle('router advertisements', 'nftables', routerAdvertisements)
describeLifecycle('bridge ports', 'nftables', bridgePorts)
describeLifecycle('running flows', 'nftables', flows)
describeLifecycle('refusals', 'nftables', refusals)
describeLifecycle('scripts', 'nftables', scripts)
describeLifecycle('scripts beside another project', 'nftables', scriptsBeside)
describeLifecycle('switching backends', 'nftables', switching)
describeLifecycle('a container on two networks', 'nftables', twoNetworks)
describeLifecycle('interruption', 'nftables', interruption)
describeLifecycle('a live host', 'nftables', liveHost)
describeLifecycle('a foreign flush', 'nftables', foreignFlush)
