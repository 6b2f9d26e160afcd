import { ownerName } from '@portolan/netfilter/analysis'
import type { Conflict } from './conflict.ts'

/**
 * Merges conflicts with one cause. A firewall mostly refuses unknown packets twice, in a chain of its own and at the
 * end of the hook. The witness is the same, and so is the remedy.
 *
 * @returns the conflicts in their order, without those that an earlier rule of the same firewall stands for
 * @internal
 */
export const mergeByCause = (conflicts: readonly Conflict[]): readonly Conflict[] => {
  const first = new Map<string, Conflict>()
  const behind = new Map<Conflict, Conflict[]>()
  const kept = conflicts.filter((conflict) => {
    const key = causeOf(conflict)
    const earlier = key === null ? undefined : first.get(key)
    if (key !== null && earlier === undefined) first.set(key, conflict)
    if (earlier === undefined) return true
    behind.set(earlier, [...(behind.get(earlier) ?? []), conflict])
    return false
  })
  return kept.map((conflict) => {
    const more = behind.get(conflict)?.length ?? 0
    const owner = conflict.culprit?.owner
    if (more === 0 || owner == null) return conflict
    const rules = more === 1 ? '1 more rule' : `${more} more rules`
    return {
      ...conflict,
      message: `${conflict.message} ${rules} of ${ownerName(owner)} behind it ${more === 1 ? 'does' : 'do'} the same.`,
    }
  })
}

/**
 * The key of a conflict's cause; null: it stands for no other. Rules without a known owner may be any number of
 * decisions.
 */
const causeOf = (conflict: Conflict): string | null => {
  const { kind, severity, certainty, mapping, network, witness, culprit, remedy } = conflict
  const owner = culprit?.owner ?? null
  if (owner === null || owner === 'portolan' || witness === null || culprit?.table === null) return null
  const place = [culprit?.tool, culprit?.family, culprit?.table]
  return JSON.stringify([kind, severity, certainty, mapping, network, witness, owner, place, remedy])
}
