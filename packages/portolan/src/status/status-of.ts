import type { HostFacts } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { joinStatus } from './join-status.ts'
import { placesOn, readingOf } from './reading-of.ts'
import type { HostStatus } from './status.ts'
import type { Wish } from './wish.ts'

/**
 * A host of which all is known, its connections excepted.
 * @public @since 0.1.0
 */
export interface StatusSource {
  readonly facts: HostFacts
  /** Every rule of it. */
  readonly rules: HostRules
  /** What is wanted of projects. */
  readonly wishes: readonly Wish[]
  /** The backend of what is in none yet. */
  readonly backend: Backend
  /** Look for conflicts. */
  readonly conflicts: boolean
}

/**
 * The status of a project, as `LiveHost.status` tells it, from what is known of a host.
 *
 * @param project - null: of all
 * @example
 * const status = await statusOf('shop', { facts, rules, wishes, backend: 'nftables', conflicts: false })
 * status.mappings.length // 1
 * @public @since 0.1.0
 */
export const statusOf = async (
  project: string | null,
  { facts, rules, wishes, backend, conflicts }: StatusSource,
): Promise<HostStatus> => {
  const reading = await readingOf(placesOn(facts, rules), {
    wishes,
    fallback: async () => backend,
    sysctls: true,
    unread: [],
  })
  return joinStatus(reading, project, conflicts ? { rules, unread: [] } : null, async () => ({
    counts: new Map(),
    accounting: false,
    unread: [],
  }))
}
