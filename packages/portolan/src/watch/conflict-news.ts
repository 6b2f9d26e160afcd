import { type Conflict, unsettledNetworks } from '@portolan/core'
import { grouped } from '../plan/grouped.ts'
import { conflictIdentity } from './conflict-identity.ts'

/** What a search found beside the one before it. */
export interface ConflictNews {
  readonly come: readonly Conflict[]
  readonly gone: readonly Conflict[]
  /** What is known from now on. */
  readonly known: readonly Conflict[]
}

/**
 * Tells two searches apart. Conflicts with rules are not looked for of a network that cannot be as planned, so that what
 * was known of them before is known still: it has not gone.
 */
export const conflictNews = (before: readonly Conflict[], found: readonly Conflict[]): ConflictNews => {
  const missing = missingFrom(found, before)
  const unsettled = new Set(unsettledNetworks(found))
  const isUnasked = (conflict: Conflict): boolean =>
    conflict.culprit?.table != null && networksOf(conflict).some((name) => unsettled.has(name))
  return {
    come: missingFrom(before, found),
    gone: missing.filter((one) => !isUnasked(one)),
    known: [...found, ...missing.filter(isUnasked)],
  }
}

/**
 * Those of a list that another list has fewer of, by what they are; of several that are the same, by their words. Where
 * the words of several changed at once, none is left out: which of them is the new one is not known.
 */
const missingFrom = (others: readonly Conflict[], list: readonly Conflict[]): readonly Conflict[] => {
  const known = grouped(distinct(others), conflictIdentity)
  return [...grouped(distinct(list), conflictIdentity)].flatMap(([identity, same]) => {
    const those = known.get(identity) ?? []
    const words = new Set(those.map(({ message }) => message))
    const more = same.length - those.length
    return more <= 0 ? [] : same.filter(({ message }) => !words.has(message))
  })
}

/** Two that are the same in the same words are one to a reader. */
const distinct = (conflicts: readonly Conflict[]): readonly Conflict[] =>
  [...grouped(conflicts, (one) => `${conflictIdentity(one)} ${one.message}`).values()].map(([first]) => first)

const networksOf = ({ network, published }: Conflict): readonly string[] =>
  network === null ? (published?.targets.map((target) => target.network) ?? []) : [network]
