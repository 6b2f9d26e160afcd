import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { byLiveHost, byOpenHost } from './lost-state/by-live-host.ts'
import { byPlan } from './lost-state/by-plan.ts'
import { byWatch } from './lost-state/by-watch.ts'
import { thenDestroyed } from './lost-state/then-destroyed.ts'

describeLifecycle('a plan after the state directory was lost', 'nftables', byPlan)
describeLifecycle('a watch under which the state directory is lost', 'nftables', byWatch)
describeLifecycle('a host whose state directory was lost under a watch', 'nftables', thenDestroyed)
describeLifecycle('a host whose state directory was lost under a watch', 'iptables-nft', thenDestroyed)
describeLifecycle('a watch of a live host under which the state directory is lost', 'nftables', byLiveHost)
describeLifecycle('a live host under which the state directory is lost', 'nftables', byOpenHost)
describeLifecycle('a live host under which the state directory is lost', 'iptables-nft', byOpenHost)
