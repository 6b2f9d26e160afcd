import { hasValue, type RangeSet } from '../../address/range-set.ts'
import type { NetfilterRule } from '../../model/index.ts'
import type { FreeField, MemberField } from '../packet/free-field.ts'
import type { Origins } from '../packet/origins.ts'
import type { AlikeSubnets } from '../route/alike-subnets.ts'
import type { Checks } from './stretch.ts'

/** A free field is in the set, or is not: what the way of a packet hung on. */
export interface Condition {
  readonly field: FreeField
  readonly set: RangeSet
  readonly inside: boolean
  /** Elements of a set or map have the value, or have not; all that was asked of what they hold is the member it belongs to. */
  readonly isOfTable: boolean
  /** So many rules told it at once; one unless told. */
  readonly rules?: number
}

/** How many conditions there would be, had each rule told its own. */
export const countTold = (conditions: readonly Condition[]): number => {
  let count = 0
  for (const { rules } of conditions) count += rules ?? 1
  return count
}

/** A rule did not match: not all of what it asks for holds at once. */
export interface Exclusion {
  readonly all: readonly Condition[]
  /** Some of what does not hold is asked of the mapping by a rule itself, not by a table that all mappings are in. */
  readonly failsByMember: boolean
  /** The one that it is; absent where several rules are asked as one. */
  readonly rule?: NetfilterRule
}

/**
 * Notes what a packet's way hangs on while it is followed, so that one packet speaks for a whole set: all packets
 * that meet every condition noted go the very same way.
 */
export interface Learner {
  /** Which fields of the first packet are free. */
  readonly origins: Origins
  /** The packet's own values of the fields that are free. */
  readonly values: ReadonlyMap<FreeField, number | bigint>
  /** Where the free fields may be at all. */
  readonly region: Readonly<Partial<Record<FreeField, RangeSet>>>
  readonly conditions: Condition[]
  /** Of rules that ask for one of the mappings and something else. */
  readonly exclusions: Exclusion[]
  /** The packet stands for others like it: some of the free values are those of one mapping among many. */
  readonly speaksForOthers: boolean
  /** The subnet that these mappings lead to; null where there is no such thing. */
  readonly leadsTo: RangeSet | null
  /** Networks that the packet's own stands for too; null where it stands for itself. */
  readonly alike: AlikeSubnets | null
  /** Rules that let a packet pass are not asked: a packet that passes without them passes with them. */
  isLenient: boolean
  /** Something was computed from a free field in a way that no set describes: nothing is known of the others. */
  blurred: boolean
  /**
   * Base chains that lead to none of our chains and change no packet are passed over. Such a chain lets a packet pass or
   * stops it, so a packet that is stopped without these chains is stopped with them.
   */
  readonly skipsForeign: boolean
  /** Rules that let a packet pass are asked all the same: the trace is to name those that let it pass. */
  readonly isThorough: boolean
  /** A rule of ours asked which mapping it is: the packets of another one may meet another rule of ours. */
  hasAskedMember: boolean
  /** Rules and policies that are taken for absent. */
  readonly ignored: ReadonlySet<object>
  /** Rules of which it is noted whether any of them acted, in whatever course. */
  readonly watched: ReadonlySet<object> | null
  /** One of them did, or one that is taken for absent would have. */
  hasActed: boolean
  /** Which of the conditions are those of checks; null: nothing asks for it. */
  readonly checks: Checks | null
}

/**
 * Is anything of the packet free? Where nothing is, a learner has nothing to note, and is there for the rules that it
 * takes for absent.
 */
export const isLearning = (learner: Learner | null): boolean => learner !== null && learner.values.size > 0

/** What has no condition holds whatever the free fields are. */
export const always: readonly Condition[] = []

/** The condition that a value is in a set, or is not, as it happens to be. */
export const membership = (field: FreeField, set: RangeSet, value: number | bigint): Condition => ({
  field,
  set,
  inside: hasValue(set, value),
  isOfTable: false,
})

/** That a free field has exactly this value. */
export const exactly = (field: FreeField, value: number | bigint): Condition => ({
  field,
  set: { starts: [value], ends: [value] },
  inside: true,
  isOfTable: false,
})

export const isMemberField = (field: FreeField | null): field is MemberField =>
  field === 'hostPort' || field === 'targetPort' || field === 'targetAddress'

export const isOfMember = ({ field }: Condition): boolean => isMemberField(field)
