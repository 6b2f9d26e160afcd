import type { Runner } from '@portolan/core'
import type { Backend } from '../backend/backend.ts'
import { iptablesKeeper } from './iptables-keeper.ts'
import { nftablesKeeper } from './nftables-keeper.ts'
import type { RuleKeeper } from './rule-keeper.ts'

/** @internal */
export const openRuleKeeper = (backend: Backend, project: string, runner: Runner): RuleKeeper =>
  backend === 'nftables' ? nftablesKeeper(project, runner) : iptablesKeeper(backend, project, runner)
