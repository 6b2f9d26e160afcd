import type { FreeField } from '../packet/free-field.ts'
import type { World } from '../packet/world.ts'
import { forAlike } from '../route/alike-subnets.ts'
import { type Condition, type Exclusion, exactly, isOfMember, membership } from './learner.ts'

export const learn = ({ learner }: World, conditions: readonly Condition[]): void => {
  if (learner !== null) for (const condition of conditions) learner.conditions.push(condition)
}

/**
 * Notes that a value of a range replaces a free value. A packet that had such a value already keeps it, and a flow that
 * is bound to its own address counts as not translated.
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
 * Notes the conditions that a rule depends on. For a managed rule, the mapping that it is for does not count: every
 * mapping of a kind has such a rule. Whether a table has the mapping does count: it may have another project's in its
 * place.
 */
export const learnFrom = (
  { isOurs }: { readonly isOurs: boolean },
  world: World,
  conditions: readonly Condition[],
): void => learn(world, isOurs ? ofAnyNetwork(world, conditions.filter(isOfOurs)) : conditions)

/**
 * Widens conditions on the packet's network to all networks like it: each has rules and routes of its own that do the
 * same.
 */
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

/** Whether a condition depends on which mapping it is, and not only on whether a table has the mapping. */
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
