import type { Intent } from '@portolan/core'
import {
  type Backend,
  dialects,
  type HostRules,
  type KnownHost,
  makePlan,
  type Plan,
  type PlanOptions,
  planInput,
} from 'portolan/machine'
import { type FakeState, nothingRemembered } from './fake-state.ts'

/** The rules that a plan reads: for nftables only Portolan's, for iptables all. */
export const rulesToPlan = (rules: HostRules): HostRules => ({
  ...rules,
  nftables: dialects.nftables.ours(rules.nftables),
})

/** Plans on a simulated host, which changes nothing. */
export const planOn = async (
  state: FakeState,
  backend: Backend,
  intent: Intent,
  options: PlanOptions,
  beside: Pick<KnownHost, 'isLive' | 'search'> & { readonly live?: () => KnownHost['live'] },
): Promise<Plan> =>
  makePlan(
    planInput(intent, options, {
      ...beside,
      live: beside.live?.() ?? [],
      backend,
      facts: state.facts,
      rules: rulesToPlan(state.rules),
      surrounding: state.rules,
      leases: await state.leases.read(),
      neighbours: options.neighbours ?? null,
      unread: [],
      fixes: [],
      owed: nothingRemembered.owed,
      sysctls: options.sysctls ?? true,
    }),
  )
