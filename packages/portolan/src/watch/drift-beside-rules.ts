import { type DesiredState, diffLinks, diffSysctls } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import type { DriftChange } from './host-event.ts'

/**
 * What the bridges and sysctls of a host lack of what is wanted.
 * @param writable - may sysctls be set?
 */
export const driftBesideRules = (
  desired: DesiredState,
  facts: HostFacts,
  writable: boolean,
): readonly DriftChange[] => [
  ...diffLinks(desired, facts),
  ...diffSysctls(desired, facts, { writable }).changes,
]
