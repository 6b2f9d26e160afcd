import { replaceUnseen } from '@portolan/netfilter/text'

/**
 * Prints a value as JSON that may be shown on a terminal. JSON.stringify leaves DEL, C1 controls and characters that
 * turn the direction of writing as they are. Here they are escaped as JSON escapes them, and the text reads back as the
 * same value.
 *
 * @param indent - spaces a level; 0: on one line
 */
export const jsonText = (
  value: unknown,
  replacer: ((key: string, value: unknown) => unknown) | null = null,
  indent = 2,
): string =>
  // Newlines and tabs in strings are escaped already. Those that are left divide the lines.
  replaceUnseen(JSON.stringify(value, replacer ?? undefined, indent), escaped)

const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
