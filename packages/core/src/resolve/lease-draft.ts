import type { Intent } from '../intent/index.ts'
import { type DraftBook, draftBook } from '../lease/draft-book.ts'
import type { Lease, LeaseChange, LeaseProposal, LeaseState, LeaseStep } from '../lease/index.ts'
import type { LeaseBook } from '../lease/lease-book.ts'
import { mergeChanges } from '../lease/lease-step.ts'

/**
 * The leases as they would be after the requests so far. A draft leases nothing: its result is a proposal.
 * @internal
 */
export interface LeaseDraft {
  /** The state with every request in it. A state is built from the book only when this is read. */
  readonly state: LeaseState
  /** The present leases, which operations read and change in place. */
  readonly book: LeaseBook
  /** Carries out an operation on the state. */
  run<Result>(operation: (state: LeaseState) => LeaseStep<Result>): Result
  /** Lets the leases with these keys overlap those of the project. */
  tolerate(keys: readonly string[]): void
  /** The changes that give the project what was requested. */
  propose(intent: NamedIn & Pick<Intent, 'project'>): LeaseProposal
}

/** The networks of any kind, and the endpoints, that an intent names. */
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

/** Does a project hold the lease? */
const isProjects = (lease: Lease, project: string): boolean => {
  if (lease.kind === 'subnet') return lease.project === project
  return lease.holder.project === project && (lease.kind === 'port' || lease.released === null)
}

/**
 * Is the lease for a network or endpoint of the intent? Other leases of an orchestrator may come and go while a plan is
 * made.
 */
const isNamed = (lease: Lease, { networks, endpoints }: NamedIn): boolean => {
  if (lease.kind === 'subnet') return networks.some(({ name }) => name === lease.network)
  const { service, replica } = lease.holder
  return endpoints.some((one) => one.service === service && one.replica === replica)
}
