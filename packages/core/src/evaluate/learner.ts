import { hasValue, type RangeSet } from '../address/range-set.ts'
import { type AlikeSubnets, forAlike } from './alike-subnets.ts'
import type { World } from './world.ts'

/** The fields of a packet that a search leaves open. */
export type PacketField = 'saddr' | 'daddr' | 'sport' | 'dport'

/** What tells a mapping from others like it, where these are to be spoken for. */
export type MemberField = 'hostPort' | 'targetPort' | 'targetAddress'

export type FreeField = PacketField | MemberField

/** A free field is in the set, or is not: what the way of a packet hung on. */
export interface Condition {
  readonly field: FreeField
  readonly set: RangeSet
  readonly inside: boolean
  /** Elements of a set or map have the value, or have not; all that was asked of what they hold is whose it is. */
  readonly isOfTable: boolean
}

/** A rule did not match: not all of what it asks for holds at once. */
export interface Exclusion {
  readonly all: readonly Condition[]
  /** Some of what does not hold is asked of the mapping by a rule itself, not by a table that all mappings are in. */
  readonly failsByMember: boolean
}

/**
 * Notes what a packet's way hangs on while it is followed, so that one packet speaks for a whole set: all packets
 * that meet every condition noted go the very same way.
 *
 * A free value is known by what it is: whatever equals it is taken for it. Where something else happens to be
 * equal, the set is smaller than it could be, never wrong.
 */
export interface Learner {
  /** The packet's own values of the fields that are free. */
  readonly free: ReadonlyMap<number | bigint, FreeField>
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
  /** Rules that let a packet pass are not asked: who passes without them passes with them. */
  isLenient: boolean
  /** Something was computed from a free field in a way that no set describes: nothing is known of the others. */
  blurred: boolean
  /**
   * Base chains that lead to none of our chains and change no packet are passed over. Such a chain lets a packet pass or
   * stops it, so a packet that is stopped without these chains is stopped with them.
   */
  readonly skipsForeign: boolean
  /** Rules and policies that are taken for absent. */
  readonly ignored: ReadonlySet<object>
}

/** What has no condition holds whatever the free fields are. */
export const always: readonly Condition[] = []

/** The free field that a value is. */
export const freeFieldOf = ({ learner }: World, value: unknown): FreeField | null =>
  learner === null || (typeof value !== 'number' && typeof value !== 'bigint')
    ? null
    : (learner.free.get(value) ?? null)

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

/**
 * What is put in the place of a free value: the value stays for packets that had it already, and a flow that is bound
 * to its own address counts as not translated.
 */
export const learnReplaced = (
  world: World,
  old: number | bigint,
  first: number | bigint,
  last: number | bigint = first,
): void => {
  const field = freeFieldOf(world, old)
  if (field === null) return
  const replaced = membership(field, { starts: [first], ends: [last] }, old)
  learn(world, [replaced.inside ? exactly(field, old) : replaced])
}

export const learn = ({ learner }: World, conditions: readonly Condition[]): void => {
  if (learner !== null) for (const condition of conditions) learner.conditions.push(condition)
}

/**
 * Notes what a rule hung on. Of one of ours which mapping it is asked for is not among it, since our rules have the same
 * for every mapping of a kind. Whether a table has the mapping at all is: it may have another's in its place.
 */
export const learnFrom = (
  { isOurs }: { readonly isOurs: boolean },
  world: World,
  conditions: readonly Condition[],
): void => learn(world, isOurs ? ofAnyNetwork(world, conditions.filter(isOfOurs)) : conditions)

/** What is asked of the packet's network by what every network has of its own: the same is asked of all that are alike. */
export const ofAnyNetwork = ({ learner }: World, conditions: readonly Condition[]): readonly Condition[] => {
  const alike = learner?.alike ?? null
  if (learner === null || alike === null) return conditions
  return conditions.flatMap((condition) => {
    if (!isAddressField(condition.field)) return [condition]
    for (const [value, field] of learner.free)
      if (field === condition.field) return forAlike(alike, condition, value) ?? []
    return [condition]
  })
}

const isAddressField = (field: FreeField): boolean =>
  field === 'saddr' || field === 'daddr' || field === 'targetAddress'

export const isMemberField = (field: FreeField | null): field is MemberField =>
  field === 'hostPort' || field === 'targetPort' || field === 'targetAddress'

export const isOfMember = ({ field }: Condition): boolean => isMemberField(field)

const isOfOurs = (condition: Condition): boolean => condition.isOfTable || !isOfMember(condition)

export const learnExclusion = ({ learner }: World, exclusion: Exclusion): void => {
  if (learner !== null) learner.exclusions.push(exclusion)
}

export const blur = ({ learner }: World): void => {
  if (learner !== null) learner.blurred = true
}
