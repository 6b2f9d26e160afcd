import { type DesiredState, diffLinks, diffSysctls } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { linkSysctlNames } from '@portolan/netfilter/sysctls'
import type { DriftChange } from './host-event.ts'

/**
 * The differences between the host's bridges and sysctls and the desired ones.
 * @param writable - sysctls can be set
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

/** The sysctls of external bridges that do not exist now. Nothing can set them until the owner makes the bridge. */
const sysctlsAway = ({ networks }: DesiredState, { interfaces = [] }: HostFacts): ReadonlySet<string> =>
  new Set(
    networks
      .filter(({ external, bridge }) => external && !interfaces.some(({ name }) => name === bridge))
      .flatMap(({ bridge }) => linkSysctlNames('ipv4', bridge)),
  )
