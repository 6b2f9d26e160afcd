import type { Family } from '@portolan/netfilter'
import type { Follower } from '@portolan/netfilter/analysis'
import type { DesiredState } from '../contract/index.ts'
import type { Conflict } from './conflict.ts'
import type { IncompleteSearch } from './incomplete-search.ts'
import type { Drafted } from './remedy/draft.ts'
import type { FindingInWords } from './rule-kind/finding-in-words.ts'
import type { Surroundings } from './search/rows/surroundings.ts'

/** What the search for conflicts with rules looks at, and how it reports a finding. */
export interface RuleSearch {
  readonly desired: DesiredState
  /** Follows packets on the host as the plan makes it. */
  readonly follower: Follower
  /** Follows packets on the host as it is, without managed rules; null: no rule there changes destinations. */
  readonly today: Follower | null
  readonly around: Readonly<Record<Family, Surroundings>>
  /** Whether rules of the family could not be read. */
  readonly isHidden: (family: Family | undefined) => boolean
  readonly inWords: FindingInWords
  /** The remedies that must still be checked: the search adds to them. */
  readonly drafts: Map<Conflict, Drafted>
}

/** What was found for mappings, or for networks. Nothing was found for those that are absent. */
export interface FoundFor<Of> {
  readonly conflicts: ReadonlyMap<Of, readonly Conflict[]>
  readonly incomplete: ReadonlyMap<Of, readonly IncompleteSearch[]>
}
