import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { byPlan } from './lost-state/by-plan.ts'
import { byWatch } from './lost-state/by-watch.ts'

describeLifecycle('a plan after the state directory was lost', 'nftables', byPlan)
describeLifecycle('a watch under which the state directory is lost', 'nftables', byWatch)
