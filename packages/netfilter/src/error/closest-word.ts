/**
 * The one known word that is at most two letters away (one, for a short word); null when there is none.
 * @example
 * closestOf('prots', ['ports', 'expose']) // 'ports'
 * @public @since 0.1.0
 */
export const closestOf = (word: string, known: readonly string[]): string | null => {
  const most = word.length < 5 ? 1 : 2
  // A longer word would only cost time: its distance is the difference in length at least.
  const ranked = known
    .filter((other) => Math.abs(other.length - word.length) <= most)
    .map((other) => ({ other, distance: distanceOf(word.toLowerCase(), other.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .toSorted((one, two) => one.distance - two.distance)
  return ranked[0]?.other ?? null
}

/** How many letters to add, take away or change (Levenshtein). */
const distanceOf = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (const [at, second] of [...other].entries())
      next.push(
        Math.min((row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1, (row[at] ?? 0) + (letter === second ? 0 : 1)),
      )
    row = next
  }
  return row.at(-1) ?? 0
}

/**
 * The end of a message about an unknown word: what may have been meant, or nothing.
 * @example
 * didYouMean('prots', ['ports', 'expose']) // ': did you mean "ports"?'
 * @public @since 0.1.0
 */
export const didYouMean = (word: string, known: readonly string[]): string => {
  const meant = closestOf(word, known)
  return meant === null ? '' : `: did you mean "${meant}"?`
}
