import type { Intent } from '../intent/index.ts'
import {
  type Lease,
  type LeaseChange,
  type LeaseProposal,
  type LeaseState,
  type LeaseStep,
  listLeases,
} from '../lease/index.ts'
import { mergeChanges } from '../lease/lease-step.ts'

/**
 * The leases as they would be after what has been asked so far. Nothing is leased by it: what it came to is a
 * proposal.
 * @internal
 */
export interface LeaseDraft {
  readonly state: LeaseState
  /** Carries out an operation. */
  run<Result>(operation: (state: LeaseState) => LeaseStep<Result>): Result
  /** Lets the lease with this key overlap ours. */
  tolerate(keys: readonly string[]): void
  /** What has to be written for the project to have what was asked. */
  propose(intent: Pick<Intent, 'project' | 'networks' | 'endpoints'>): LeaseProposal
}

/** @internal */
export const draftLeases = (initial: LeaseState): LeaseDraft => {
  let state = initial
  let changes: LeaseChange[] = []
  const tolerated = new Set<string>()
  return {
    get state() {
      return state
    },
    run: (operation) => {
      const step = operation(state)
      state = step.state
      changes.push(...step.changes)
      return step.result
    },
    tolerate: (keys) => {
      for (const key of keys) tolerated.add(key)
    },
    propose: (intent) => {
      const merged = mergeChanges(changes)
      changes = [...merged]
      const changed = new Set(merged.map(({ after }) => after))
      const kept = listLeases(state).filter((lease) => {
        if (changed.has(lease) || !isProjects(lease, intent.project)) return false
        return lease.planned === true || isNamed(lease, intent)
      })
      return { changes: merged, kept, tolerated: [...tolerated] }
    },
  }
}

/** Does a project hold it? */
const isProjects = (lease: Lease, project: string): boolean => {
  if (lease.kind === 'subnet') return lease.project === project
  return lease.holder.project === project && (lease.kind === 'port' || lease.released === null)
}

/** Is it for something that the intent names? Others of an orchestrator may come and go while a plan is made. */
const isNamed = (lease: Lease, { networks, endpoints }: Pick<Intent, 'networks' | 'endpoints'>): boolean => {
  if (lease.kind === 'subnet') return networks.some(({ name }) => name === lease.network)
  const { service, replica } = lease.holder
  return endpoints.some((one) => one.service === service && one.replica === replica)
}
