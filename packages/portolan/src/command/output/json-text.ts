import { replaceUnseen } from '@portolan/netfilter/text'

/**
 * A value as JSON that a terminal may be shown: JSON.stringify leaves DEL, C1 and what turns the direction of writing
 * around as they are, and here they are escaped as JSON escapes them. It reads back as the same value.
 *
 * @param indent - spaces a level; 0: on one line
 */
export const jsonText = (
  value: unknown,
  replacer: ((key: string, value: unknown) => unknown) | null = null,
  indent = 2,
): string =>
  // Newlines and tabs of strings are escaped already: those that are left divide the lines.
  replaceUnseen(JSON.stringify(value, replacer ?? undefined, indent), escaped)

const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
