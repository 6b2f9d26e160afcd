import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { byLiveHost, byOpenHost } from './lost-state/by-live-host.ts'
import { byPlan } from './lost-state/by-plan.ts'
import { byWatch } from './lost-state/by-watch.ts'
import { thenDestroyed } from './lost-state/then-destroyed.ts'

describeLifecycle('a plan after the state directory was lost', 'nftables', byPlan)
describeLifecycle('a watch that loses its state directory', 'nftables', byWatch)
describeLifecycle('destroy after a watch has lost the state directory', 'nftables', thenDestroyed)
describeLifecycle('destroy after a watch has lost the state directory', 'iptables-nft', thenDestroyed)
describeLifecycle('a live host with a watch that loses its state directory', 'nftables', byLiveHost)
describeLifecycle('a live host without a watch that loses its state directory', 'nftables', byOpenHost)
describeLifecycle('a live host without a watch that loses its state directory', 'iptables-nft', byOpenHost)
