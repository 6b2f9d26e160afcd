import { knownKeys } from './known-keys.ts'
import type { Reading } from './reading.ts'
import { entriesOf, type MapTree } from './tree.ts'

/**
 * Notes keys that no Compose file has, with the one that may have been meant. Compose refuses them; here a key that is
 * newer than Portolan must not keep a project from its network.
 *
 * @param what - where the keys stand; empty for the file itself
 */
export const noteUnknownKeys = (
  reading: Reading,
  map: MapTree | null,
  part: keyof typeof knownKeys,
  what: string,
): void => {
  const known: readonly string[] = knownKeys[part]
  for (const [key, { keyPlace }] of entriesOf(map)) {
    if (known.includes(key) || key.startsWith('x-')) continue
    const meant = closestOf(key, known)
    reading.note(
      `${what === '' ? '' : `${what}: `}the key "${key}" is unknown and has no effect${meant === null ? '' : `: did you mean "${meant}"?`}`,
      keyPlace,
    )
  }
}

/** The one known word that is at most two letters away (one, for a short word); null when there is none. */
const closestOf = (word: string, known: readonly string[]): string | null => {
  const most = word.length < 5 ? 1 : 2
  // A longer word would only cost time: its distance is the difference in length at least.
  const ranked = known
    .filter((other) => Math.abs(other.length - word.length) <= most)
    .map((other) => ({ other, distance: distanceOf(word.toLowerCase(), other) }))
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
