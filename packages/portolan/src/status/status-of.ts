import { emptyLeases, type LeaseState } from '@portolan/core'
import type { HostFacts, Wording } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { conflictsNow } from './conflicts-now.ts'
import { allRuleChanges } from './find-drift.ts'
import { joinStatus } from './join-status.ts'
import { noLostBlocks } from './lost-blocks.ts'
import type { Reading } from './reading.ts'
import { placesOn, readingOf } from './reading-of.ts'
import type { HostStatus, ProjectConflict } from './status.ts'
import type { Wish } from './wish.ts'

/**
 * A host of which everything is known except its connections.
 * @public @since 0.1.0
 */
export interface StatusSource {
  readonly facts: HostFacts
  /** Every rule of the host. */
  readonly rules: HostRules
  /** What is wanted of projects. */
  readonly wishes: readonly Wish[]
  /** The backend of projects and networks that are in none yet. */
  readonly backend: Backend
  /**
   * None by default. Without leases, attached endpoints have no addresses, and networks on an interface are left out.
   */
  readonly leases?: LeaseState
  /** The words of remedies for what the user may change; default: the command's words. */
  readonly wording?: Wording
}

/**
 * The status of a project, in the form of `LiveHost.status`, from facts and rules that are known already.
 *
 * @param project - null: all projects
 * @example
 * const status = await statusOf('shop', { facts, rules, wishes, backend: 'nftables', conflicts: false })
 * status.mappings.length // 1
 * @public @since 0.1.0
 */
export const statusOf = async (
  project: string | null,
  source: StatusSource & {
    /** Look for conflicts. */
    readonly conflicts: boolean
  },
): Promise<HostStatus> => {
  const surrounding = source.conflicts ? { rules: source.rules, unread: [] } : null
  const count = async () => ({ counts: new Map(), accounting: false, unread: [] })
  return joinStatus(readingFrom(source), project, surrounding, count, noLostBlocks, null, source.wording)
}

const readingFrom = ({ facts, rules, wishes, backend, leases = emptyLeases }: StatusSource): Reading =>
  readingOf(placesOn(facts, rules), { wishes, fallback: backend, sysctls: true, unread: [], leases })

/**
 * The conflicts that break, or would break, what the projects of a host want.
 * @example
 * conflictsOf({ facts, rules, wishes: [], backend: 'nftables' }) // []
 * @public @since 0.1.0
 */
export const conflictsOf = (source: StatusSource): readonly ProjectConflict[] => {
  const { facts, rules, networks, wishes, inForce, drift } = readingFrom(source)
  const changes = allRuleChanges(drift)
  const published = inForce.map(({ port }) => port)
  const projects = [...new Set([...networks, ...wishes, ...published].map(({ project }) => project))].sort()
  const found = conflictsNow(
    {
      ...{ facts, surrounding: rules, changes, hostChanges: drift.host, networks, wishes, published },
      wording: source.wording,
    },
    projects,
  )
  return found.conflicts ?? []
}
