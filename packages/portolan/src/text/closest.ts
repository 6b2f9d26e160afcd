/**
 * The word that was most likely meant; null where none is near. A letter that is missing, added or another one counts
 * as one mistake, and so do two neighbours that changed places. A third of the letters may be mistaken.
 * @internal
 */
export const closest = (word: string, known: readonly string[]): string | null => {
  const bound = Math.max(1, Math.floor(word.length / 3))
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= bound && distance < candidate.length)
    .sort((one, other) => one.distance - other.distance)
  return near[0]?.candidate ?? null
}

/**
 * A question to put behind a message; empty where nothing is near.
 * @internal
 */
export const didYouMean = (
  word: string,
  known: readonly string[],
  written: (one: string) => string = (one) => one,
): string => {
  const guess = closest(word, known)
  return guess === null ? '' : ` Did you mean ${written(guess)}?`
}

/** The optimal string alignment distance (Damerau 1964, in the restricted form). */
const editDistance = (one: string, other: string): number => {
  let [before, last]: number[][] = [[], Array.from({ length: other.length + 1 }, (_, at) => at)]
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const isSame = one[i - 1] === other[j - 1]
      let cost = Math.min(
        (last?.[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last?.[j - 1] ?? 0) + (isSame ? 0 : 1),
      )
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      if (isSwapped) cost = Math.min(cost, (before?.[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    ;[before, last] = [last, row]
  }
  return last?.[other.length] ?? 0
}
