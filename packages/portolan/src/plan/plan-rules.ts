import type { DesiredState } from '@portolan/core'
import { withWords } from '@portolan/core/planning'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import { type Backend, backends } from '../backend/backend.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import type { PlanChange } from './plan.ts'

/**
 * The changes of rules that bring a project into force in one backend and take it out of every other one.
 *
 * @param desired - null: the project goes from every backend
 * @param project - null: every project goes, and whatever else is ours
 * @internal
 */
export const planRules = (
  backend: Backend | null,
  desired: DesiredState | null,
  project: string | null,
  rules: HostRules,
): readonly PlanChange[] => {
  const chosen = backends.filter((one) => one === backend)
  const others = backends.filter((one) => one !== backend)
  // The new rules first: the project is never without any.
  return [...chosen, ...others].flatMap((one) =>
    planBackend(one, one === backend ? desired : null, project, rules),
  )
}

const planBackend = (
  backend: Backend,
  desired: DesiredState | null,
  project: string | null,
  rules: HostRules,
): readonly PlanChange[] => {
  if (backend === 'nftables') {
    const actual = rules.nftables
    const wanted = project === null ? nftables.emptyRuleset : nftables.adopt(actual, desired, project)
    return nftables
      .diff(actual, wanted)
      .map(({ action, operation }): PlanChange => ofNftables({ action, operation, part: backend }))
  }
  const actual = rules[backend]
  const wanted = project === null ? iptables.emptyRuleset : iptables.adopt(actual, desired, project)
  return iptables
    .diff(actual, wanted)
    .map(({ action, operation }): PlanChange => ofIptables({ action, operation, part: backend }))
}

const ofNftables = withWords(nftables.wordsOf)
const ofIptables = withWords(iptables.wordsOf)
