import {
  type Backend,
  type HostFacts,
  type HostRules,
  type Intent,
  type LeaseStore,
  noRules,
  type Plan,
  PortolanError,
  plan,
} from 'portolan'

/** What a test knows of a host: what a plan is made from. */
export interface Host {
  readonly facts: HostFacts
  readonly rules: HostRules
  /** The leases that plans were given here. Without them the subnet of an isolated bridge is told by nothing. */
  readonly leases?: LeaseStore
}

export const bareHost: Host = { facts: {}, rules: noRules }

/** A plan, or the error of ours that says why there is none. Any other error is thrown: that is what tests seek. */
export const attempt = async (
  intent: Intent,
  { facts, rules, leases }: Host,
  backend: Backend,
): Promise<Plan | PortolanError> => {
  try {
    return await plan(intent, { facts, rules, backend, ...(leases === undefined ? {} : { leases }) })
  } catch (error) {
    if (error instanceof PortolanError) return error
    throw error
  }
}

export const isPlan = (outcome: Plan | PortolanError): outcome is Plan => !(outcome instanceof PortolanError)
