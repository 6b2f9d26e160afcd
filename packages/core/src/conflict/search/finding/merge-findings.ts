import type { Finding } from './finding.ts'

const rank = { error: 2, warning: 1, info: 0 } as const
const sureness = { certain: 1, possible: 0 } as const

/**
 * Merges two findings. The worse is shown; among equals the more certain, then the one that concerns usual clients,
 * then the one with fewer culprits in front.
 */
export const mergeFindings = (a: Finding, b: Finding): Finding => {
  const order =
    rank[b.severity] - rank[a.severity] ||
    sureness[b.certainty] - sureness[a.certainty] ||
    Number(b.isOfUsual) - Number(a.isOfUsual) ||
    a.behind.size - b.behind.size
  const [first, second] = order > 0 ? [b, a] : [a, b]
  // A culprit behind another rule is found by chance, with the one packet that was followed. It adds no row.
  if (first.isAhead && !second.isAhead) return { ...first, isOfUsual: a.isOfUsual || b.isOfUsual }
  return {
    ...first,
    rows: [...new Set([...first.rows, ...second.rows])],
    share: a.share === 'all' && b.share === 'all' ? 'all' : 'some',
    isAhead: a.isAhead || b.isAhead,
    isOfUsual: a.isOfUsual || b.isOfUsual,
  }
}
