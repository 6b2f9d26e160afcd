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

/** The input of a plan: what a test knows of a host. */
export interface Host {
  readonly facts: HostFacts
  readonly rules: HostRules
  /** The leases of earlier plans on this host. Only they know the subnet of an isolated bridge. */
  readonly leases?: LeaseStore
}

export const bareHost: Host = { facts: {}, rules: noRules }

/** A plan, or Portolan's error that explains why there is none. Any other error is thrown, because it is a fault. */
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
