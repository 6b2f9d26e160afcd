import { hasValue, type RangeSet } from '../../address/range-set.ts'
import type { NetfilterRule } from '../../model/index.ts'
import type { FreeField, MemberField } from '../packet/free-field.ts'
import type { Origins } from '../packet/origins.ts'
import type { AlikeSubnets } from '../route/alike-subnets.ts'
import type { Checks } from './stretch.ts'

/** What the path of a packet depends on: a free field is in the set, or is not. */
export interface Condition {
  readonly field: FreeField
  readonly set: RangeSet
  readonly inside: boolean
  /**
   * Whether the condition is about elements of a set or map: they have the value, or lack it. Of their data, only the
   * mapping that it belongs to counts.
   */
  readonly isOfTable: boolean
  /** The number of rules that gave this condition at once. Absent: one. */
  readonly rules?: number
}

/** The number of conditions, had each rule given its own. */
export const countTold = (conditions: readonly Condition[]): number => {
  let count = 0
  for (const { rules } of conditions) count += rules ?? 1
  return count
}

/** Why a rule did not match: its conditions do not all hold at once. */
export interface Exclusion {
  readonly all: readonly Condition[]
  /**
   * Whether a failing condition is a match of the rule itself on the mapping, not a lookup in a table of all mappings.
   */
  readonly failsByMember: boolean
  /** The rule; absent where several rules are tested as one. */
  readonly rule?: NetfilterRule
}

/**
 * Notes what a packet's path depends on while the packet is followed. So one packet stands for a whole set: all packets
 * that meet every noted condition take the same path.
 */
export interface Learner {
  /** The free fields of the first packet. */
  readonly origins: Origins
  /** The packet's own values of the fields that are free. */
  readonly values: ReadonlyMap<FreeField, number | bigint>
  /** The values that the free fields may have. */
  readonly region: Readonly<Partial<Record<FreeField, RangeSet>>>
  readonly conditions: Condition[]
  /** By rules that match one of the mappings and something else. */
  readonly exclusions: Exclusion[]
  /** Whether the packet stands for others like it: some of the free values are those of one mapping among many. */
  readonly speaksForOthers: boolean
  /** The subnet that these mappings lead to; null: there is none. */
  readonly leadsTo: RangeSet | null
  /** The networks that the packet's own network stands for; null: only itself. */
  readonly alike: AlikeSubnets | null
  /** Whether accepting rules are skipped: a packet that passes without them passes with them. */
  isLenient: boolean
  /**
   * Whether a value was computed from a free field in a way that no set describes. Nothing is then known of other
   * packets.
   */
  blurred: boolean
  /**
   * Whether base chains that lead to no managed chain and change no packet are skipped. Such a chain lets a packet pass
   * or stops it, so a packet that is stopped without these chains is stopped with them.
   */
  readonly skipsForeign: boolean
  /** Whether accepting rules are tested after all: the trace has to name the rules that let the packet pass. */
  readonly isThorough: boolean
  /** Whether a managed rule matched on the mapping: packets of another mapping may meet another managed rule. */
  hasAskedMember: boolean
  /** Rules and policies that are taken for absent. */
  readonly ignored: ReadonlySet<object>
  /** Rules to watch: `hasActed` tells whether one of them acted in any course. Null: none. */
  readonly watched: ReadonlySet<object> | null
  /** Whether a watched rule acted, or a rule taken for absent would have acted. */
  hasActed: boolean
  /** The conditions that come from checks; null: not needed. */
  readonly checks: Checks | null
}

/**
 * Whether a field of the packet is free. A learner without a free field notes nothing. It only serves the rules that it
 * takes for absent.
 */
export const isLearning = (learner: Learner | null): boolean => learner !== null && learner.values.size > 0

/** No conditions: the result holds whatever the free fields are. */
export const always: readonly Condition[] = []

/** The condition that a field is in a set, or is not, as it is for this value. */
export const membership = (field: FreeField, set: RangeSet, value: number | bigint): Condition => ({
  field,
  set,
  inside: hasValue(set, value),
  isOfTable: false,
})

/** The condition that a free field has exactly this value. */
export const exactly = (field: FreeField, value: number | bigint): Condition => ({
  field,
  set: { starts: [value], ends: [value] },
  inside: true,
  isOfTable: false,
})

export const isMemberField = (field: FreeField | null): field is MemberField =>
  field === 'hostPort' || field === 'targetPort' || field === 'targetAddress'

export const isOfMember = ({ field }: Condition): boolean => isMemberField(field)
