import { checkText, checkTexts } from './check-text.ts'

/**
 * The known word that is closest to an unknown one: at most two edits away, one for a word of less than five letters.
 * Two swapped neighbours count as one edit. Null: no word is so close.
 * @example
 * closestOf('prots', ['ports', 'expose']) // 'ports'
 * @public @since 0.1.0
 */
export const closestOf = (word: string, known: readonly string[]): string | null => {
  checkText(word, 'word')
  checkTexts(known, 'known')
  const most = word.length < 5 ? 1 : 2
  // The distance is at least the difference in length, so words of other lengths are skipped.
  const ranked = known
    .filter((other) => Math.abs(other.length - word.length) <= most)
    .map((other) => ({ other, distance: distanceOf(word.toLowerCase(), other.toLowerCase()) }))
    .filter(({ other, distance }) => distance <= most && distance < other.length)
    .toSorted((one, two) => one.distance - two.distance)
  return ranked[0]?.other ?? null
}

/**
 * The number of letters to add, remove, change, or swap with a neighbour (Damerau 1964, the optimal string alignment).
 */
const distanceOf = (one: string, other: string): number => {
  let before: readonly number[] = []
  let last: readonly number[] = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const changed = (last[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1)
      const cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, changed)
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      row.push(isSwapped ? Math.min(cost, (before[j - 2] ?? 0) + 1) : cost)
    }
    ;[before, last] = [last, row]
  }
  return last[other.length] ?? 0
}

/**
 * The end of a message about an unknown word: a suggestion, or an empty text.
 * @example
 * didYouMean('prots', ['ports', 'expose']) // ': did you mean "ports"?'
 * @public @since 0.1.0
 */
export const didYouMean = (word: string, known: readonly string[]): string => {
  const meant = closestOf(word, known)
  return meant === null ? '' : `: did you mean "${meant}"?`
}
