import { type DesiredState, diffLinks, diffSysctls } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { linkSysctlNames } from '@portolan/netfilter/sysctls'
import type { DriftChange } from './host-event.ts'

/**
 * What the bridges and sysctls of a host lack of what is wanted.
 * @param writable - may sysctls be set?
 */
export const driftBesideRules = (
  desired: DesiredState,
  facts: HostFacts,
  writable: boolean,
): readonly DriftChange[] => {
  const away = sysctlsAway(desired, facts)
  const { changes } = diffSysctls(desired, facts, { writable })
  return [...diffLinks(desired, facts), ...changes.filter(({ operation }) => !away.has(operation.name))]
}

/** Of a bridge that its engine has taken away, or will make: no sysctl of it can be set. */
const sysctlsAway = ({ networks }: DesiredState, { interfaces = [] }: HostFacts): ReadonlySet<string> =>
  new Set(
    networks
      .filter(({ external, bridge }) => external && !interfaces.some(({ name }) => name === bridge))
      .flatMap(({ bridge }) => linkSysctlNames('ipv4', bridge)),
  )
