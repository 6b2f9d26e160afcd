import { didYouMean } from '@portolan/netfilter/text'
import { knownKeys } from './known-keys.ts'
import type { Reading } from './reading.ts'
import { entriesOf, type MapTree } from './tree.ts'

/**
 * Notes keys that no Compose file has, with the key that was probably meant. Compose refuses them. Here they only get a
 * note, because a key that is newer than Portolan must not keep a project from its network.
 *
 * @param what - the place of the keys; empty for the file itself
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
    reading.note(
      `${what === '' ? '' : `${what}: `}the key "${key}" is unknown and has no effect${didYouMean(key, known)}`,
      keyPlace,
    )
  }
}
