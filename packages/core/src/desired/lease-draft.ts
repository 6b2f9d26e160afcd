import {
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
  propose(project: string): LeaseProposal
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
    propose: (project) => {
      const merged = mergeChanges(changes)
      changes = [...merged]
      const changed = new Set(merged.map(({ after }) => after))
      const kept = listLeases(state).filter((lease) => {
        if (changed.has(lease)) return false
        if (lease.kind === 'subnet') return lease.project === project
        return lease.holder.project === project && (lease.kind === 'port' || lease.released === null)
      })
      return { changes: merged, kept, tolerated: [...tolerated] }
    },
  }
}
