import { actsAlike } from './action.ts'
import type { Region } from './box.ts'
import type { BoxIndex } from './box-index.ts'
import { findCovering, isCovered } from './covering.ts'
import type { ChainReading, EndingEntry } from './read-chain.ts'
import type { RuleReading } from './read-rule.ts'

/** A rule that no packet reaches: earlier rules end the path of all packets it would match. */
export interface Covered {
  readonly rule: RuleReading
  /** The covering rules, in the order of the chain; one alone, where one is enough. */
  readonly by: readonly RuleReading[]
  /** Whether the covering rules do what the rule would. */
  readonly alike: boolean
  readonly certainty: 'certain' | 'possible'
}

/** The rules of a chain that never act, by place. */
export const findCovered = (chain: ChainReading): ReadonlyMap<number, Covered> => {
  const found = new Map<number, Covered>()
  for (const at of chain.looked) {
    const rule = chain.rules[at]
    if (rule === undefined) continue
    const covered =
      coverBy(chain, rule, rule.outer, chain.endings, 'certain') ??
      (chain.likelyEndings === null || rule.likely === null
        ? null
        : coverBy(chain, rule, rule.likely, chain.likelyEndings, 'possible'))
    if (covered !== null) found.set(at, covered)
  }
  return found
}

const coverBy = (
  chain: ChainReading,
  rule: RuleReading,
  region: Region,
  index: BoxIndex<EndingEntry>,
  certainty: Covered['certainty'],
): Covered | null => {
  if (region.length === 0) return null
  const { pick, domains, rules } = chain
  const entries = findCovering(region, index, { from: 0, to: rule.at }, pick, domains)
  if (entries === null) return null
  const least = oneEnough(chain, region, entries) ?? entries
  const by = [...new Set(least.map(({ at }) => at))].flatMap((at) => rules[at] ?? [])
  return { rule, by, alike: least.every(({ action }) => actsAlike(action, rule.action)), certainty }
}

/** The entries of the first rule that covers all by itself. */
const oneEnough = (
  { domains }: ChainReading,
  region: Region,
  entries: readonly EndingEntry[],
): readonly EndingEntry[] | null => {
  const places = new Set(entries.map(({ at }) => at))
  for (const place of places) {
    const own = entries.filter(({ at }) => at === place)
    if (
      isCovered(
        region,
        own.map(({ box }) => box),
        domains,
      )
    )
      return own
  }
  return null
}
