import { formatPrefix, tryParseHostOrPrefix, tryParseInterfaceAddress } from '@portolan/netfilter'
import { mappedPrefix } from '../mapped-prefix.ts'
import type { Reading, Value } from './reading.ts'
import { refuse } from './tree.ts'

/**
 * Reads a prefix that names sources, and returns it in printed form. A single address counts as the prefix of that
 * address. Host bits are cleared, with a note.
 *
 * @returns null for a text that is not a prefix
 * @throws IntentError for IPv4-mapped addresses, which no packet has
 */
export const readPrefix = (reading: Reading, value: Value, what: string): string | null => {
  const prefix = tryParseHostOrPrefix(value.text)
  if (prefix === null) return null
  const mapped = mappedPrefix(prefix)
  if (mapped !== null)
    return refuse(
      value.place,
      `${what}: no packet has an IPv4-mapped address such as "${value.text}": write ${mapped}`,
    )
  if ((tryParseInterfaceAddress(value.text)?.address.value ?? prefix.base) !== prefix.base)
    reading.note(
      `${what}: ${value.text} is taken as ${formatPrefix(prefix)}, its host bits cleared`,
      value.place,
    )
  return formatPrefix(prefix)
}
