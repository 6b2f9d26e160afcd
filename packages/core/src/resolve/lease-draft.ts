import type { Intent } from '../intent/index.ts'
import { type DraftBook, draftBook } from '../lease/draft-book.ts'
import type { Lease, LeaseChange, LeaseProposal, LeaseState, LeaseStep } from '../lease/index.ts'
import type { LeaseBook } from '../lease/lease-book.ts'
import { mergeChanges } from '../lease/lease-step.ts'

/**
 * The leases as they would be after what has been asked so far. Nothing is leased by it: what it came to is a
 * proposal.
 * @internal
 */
export interface LeaseDraft {
  /** All that was asked is in it; what is written in the book makes a state only where it is asked for. */
  readonly state: LeaseState
  /** The leases of this very moment, to be asked and changed in place. */
  readonly book: LeaseBook
  /** Carries out an operation on the state. */
  run<Result>(operation: (state: LeaseState) => LeaseStep<Result>): Result
  /** Lets the lease with this key overlap ours. */
  tolerate(keys: readonly string[]): void
  /** What has to be written for the project to have what was asked. */
  propose(intent: NamedIn & Pick<Intent, 'project'>): LeaseProposal
}

/** What an intent names, on networks of whatever kind. */
interface NamedIn extends Pick<Intent, 'endpoints'> {
  readonly networks: readonly { readonly name: string }[]
}

/** @internal */
export const draftLeases = (initial: LeaseState): LeaseDraft => {
  const changes: LeaseChange[] = []
  let book: DraftBook = draftBook(initial, changes)
  let state = initial
  const tolerated = new Set<string>()
  const settle = (next: LeaseState): void => {
    state = next
    book = draftBook(state, changes)
  }
  const settled = (): LeaseState => {
    if (book.isWritten()) settle(book.toState())
    return state
  }
  return {
    get state() {
      return settled()
    },
    get book() {
      return book
    },
    run: (operation) => {
      const step = operation(settled())
      changes.push(...step.changes)
      settle(step.state)
      return step.result
    },
    tolerate: (keys) => {
      for (const key of keys) tolerated.add(key)
    },
    propose: (intent) => {
      const merged = mergeChanges(changes)
      const changed = new Set(merged.map(({ after }) => after))
      const kept = book.under('').filter((lease) => {
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
const isNamed = (lease: Lease, { networks, endpoints }: NamedIn): boolean => {
  if (lease.kind === 'subnet') return networks.some(({ name }) => name === lease.network)
  const { service, replica } = lease.holder
  return endpoints.some((one) => one.service === service && one.replica === replica)
}
