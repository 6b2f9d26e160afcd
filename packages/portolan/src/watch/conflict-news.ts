import { type Conflict, unsettledNetworks } from '@portolan/core'
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
  const old = byIdentity(before)
  const now = byIdentity(found)
  const missing = [...old].flatMap(([identity, one]) => (now.has(identity) ? [] : [one]))
  const unsettled = new Set(unsettledNetworks(found))
  const isUnasked = (conflict: Conflict): boolean =>
    conflict.culprit?.table != null && networksOf(conflict).some((name) => unsettled.has(name))
  return {
    come: [...now].flatMap(([identity, one]) => (old.has(identity) ? [] : [one])),
    gone: missing.filter((one) => !isUnasked(one)),
    known: [...found, ...missing.filter(isUnasked)],
  }
}

const byIdentity = (conflicts: readonly Conflict[]): ReadonlyMap<string, Conflict> =>
  new Map(conflicts.map((conflict) => [conflictIdentity(conflict), conflict]))

const networksOf = ({ network, published }: Conflict): readonly string[] =>
  network === null ? (published?.targets.map((target) => target.network) ?? []) : [network]
