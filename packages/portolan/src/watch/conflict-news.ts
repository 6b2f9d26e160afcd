import { type Conflict, unsettledNetworks } from '@portolan/core'
import { conflictIdentity } from '../plan/conflict-identity.ts'
import { grouped } from '../plan/grouped.ts'

/** The difference between two searches for conflicts. */
export interface ConflictNews {
  readonly come: readonly Conflict[]
  readonly gone: readonly Conflict[]
  /** The conflicts that count as known from now on. */
  readonly known: readonly Conflict[]
}

/**
 * Compares two searches for conflicts. A search skips rule conflicts of a network that cannot be as planned. The
 * earlier rule conflicts of that network therefore stay known and are not reported as gone.
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
 * The conflicts of which a list has more than another list, compared by identity. Among equal ones, only those with a
 * new message count. When several messages changed at once, all of them are returned, because the new one cannot be
 * told.
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

/** Drops repeated conflicts: the same identity and the same message look like one to a reader. */
const distinct = (conflicts: readonly Conflict[]): readonly Conflict[] =>
  [...grouped(conflicts, (one) => `${conflictIdentity(one)} ${one.message}`).values()].map(([first]) => first)

const networksOf = ({ network, published }: Conflict): readonly string[] =>
  network === null ? (published?.targets.map((target) => target.network) ?? []) : [network]
