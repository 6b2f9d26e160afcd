import type { FreeField } from '../packet/free-field.ts'
import type { World } from '../packet/world.ts'
import { forAlike } from '../route/alike-subnets.ts'
import { type Condition, type Exclusion, exactly, isOfMember, membership } from './learner.ts'

export const learn = ({ learner }: World, conditions: readonly Condition[]): void => {
  if (learner !== null) for (const condition of conditions) learner.conditions.push(condition)
}

/**
 * What is put in the place of a free value: the value stays for packets that had it already, and a flow that is bound
 * to its own address counts as not translated.
 */
export const learnReplaced = (
  world: World,
  field: FreeField | null,
  old: number | bigint,
  first: number | bigint,
  last: number | bigint = first,
): void => {
  if (field === null) return
  const replaced = membership(field, { starts: [first], ends: [last] }, old)
  learn(world, [replaced.inside ? exactly(field, old) : replaced])
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
    const value = learner.values.get(condition.field)
    return value === undefined ? [condition] : (forAlike(alike, condition, value) ?? [])
  })
}

const isAddressField = (field: FreeField): boolean =>
  field === 'saddr' || field === 'daddr' || field === 'targetAddress'

const isOfOurs = (condition: Condition): boolean => !isAskedOfMember(condition)

/** Is it asked which mapping it is, and not only whether a table has it? */
export const isAskedOfMember = (condition: Condition): boolean =>
  isOfMember(condition) && !condition.isOfTable

export const learnExclusion = ({ learner }: World, exclusion: Exclusion): void => {
  if (learner !== null) learner.exclusions.push(exclusion)
}

export const noteAskedMember = ({ learner }: World): void => {
  if (learner !== null) learner.hasAskedMember = true
}

export const blur = ({ learner }: World): void => {
  if (learner !== null) learner.blurred = true
}
