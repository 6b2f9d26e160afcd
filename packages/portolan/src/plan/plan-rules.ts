import { type DesiredState, outwardInterfaces } from '@portolan/core'
import { withWords } from '@portolan/core/planning'
import * as iptables from '@portolan/iptables'
import type { HostFacts } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { type Backend, backends } from '../backend/backend.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import type { PlanChange } from './plan.ts'

/**
 * The changes of rules that bring a project into force in one backend and take it out of every other one.
 *
 * @param desired - null: the project goes from every backend
 * @param project - null: every project goes, and whatever else is ours
 * @param facts - of the host that the rules are for
 * @internal
 */
export const planRules = (
  backend: Backend | null,
  desired: DesiredState | null,
  project: string | null,
  rules: HostRules,
  facts: HostFacts,
): readonly PlanChange[] => {
  const chosen = backends.filter((one) => one === backend)
  const others = backends.filter((one) => one !== backend)
  // The new rules first: the project is never without any.
  return [...chosen, ...others].flatMap((one) =>
    planBackend(one, one === backend ? desired : null, project, rules, facts),
  )
}

const planBackend = (
  backend: Backend,
  desired: DesiredState | null,
  project: string | null,
  rules: HostRules,
  facts: HostFacts,
): readonly PlanChange[] => {
  if (backend === 'nftables') {
    const actual = rules.nftables
    const wanted = project === null ? nftables.emptyRuleset : nftables.adopt(actual, desired, project)
    return nftables
      .diff(actual, wanted)
      .map(({ action, operation }): PlanChange => ofNftables({ action, operation, part: backend }))
  }
  const actual = rules[backend]
  const options = desired === null ? {} : { leaving: outwardInterfaces(facts) }
  const wanted = project === null ? iptables.emptyRuleset : iptables.adopt(actual, desired, project, options)
  return iptables
    .diff(actual, wanted)
    .map(({ action, operation }): PlanChange => ofIptables({ action, operation, part: backend }))
}

const ofNftables = withWords(nftables.wordsOf)
const ofIptables = withWords(iptables.wordsOf)
