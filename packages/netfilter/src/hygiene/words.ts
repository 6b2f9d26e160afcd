import type { RulePlace } from './anomaly.ts'

/** The most rules that a sentence names. */
const MOST_NAMED = 5

/** `Rule 7 of chain FORWARD (iptables-nft, table ip filter)`. */
export const nameRule = ({ tool, family, table, chain, position }: RulePlace): string =>
  `Rule ${position} of chain ${chain} (${tool}, table ${family} ${table})`

/** `rule 3 (-A FORWARD -j DROP)`, `rules 3, 5 and 9`. */
export const nameOthers = (others: readonly RulePlace[], hasMore = false): string => {
  const [only] = others
  if (only !== undefined && others.length === 1 && !hasMore) return `rule ${only.position} (${only.text})`
  const named = others.slice(0, MOST_NAMED).map(({ position }) => String(position))
  if (hasMore) return `rules ${named.join(', ')} and more`
  const hidden = others.length - named.length
  if (hidden > 0) return `rules ${named.join(', ')} and ${hidden} more`
  return `rules ${named.slice(0, -1).join(', ')} and ${named.at(-1)}`
}
