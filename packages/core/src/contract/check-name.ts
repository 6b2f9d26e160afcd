import { byteLength, IntentError, type SourcePosition } from '@portolan/netfilter'

/**
 * IFALIASZ is 256 with the closing NUL (include/uapi/linux/if.h). A project and Portolan's own words take up to 153
 * bytes.
 * @see bridgeAlias
 */
const longestName = 100

/**
 * The length of a name when percent-encoded. Infinite for half of a surrogate pair: no UTF-8 text can hold it, and
 * `encodeURIComponent` throws.
 */
const encodedLength = (text: string): number => {
  // Most names are plain, and need no encoding.
  if (/^[\w.-]*$/.test(text)) return text.length
  try {
    return encodeURIComponent(text).length
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/**
 * Accepts any name for a network or service that a bridge's alias can hold.
 * @throws IntentError
 * @internal
 */
export const checkName = (name: string, what: string, place: SourcePosition | null): void => {
  if (name === '' || encodedLength(name) > longestName)
    throw new IntentError(
      `${JSON.stringify(name.slice(0, 60))} cannot name ${what}: expected 1 to ${longestName} characters of well-formed text, percent-encoded where they are not plain ones`,
      place,
    )
  checkPrintable(name, `the name of ${what}`, place)
}

/**
 * Refuses control characters: a line break tears messages and listings apart, and others may steer a terminal.
 * @throws IntentError
 * @internal
 */
export const checkPrintable = (text: string, what: string, place: SourcePosition | null): void => {
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text))
    throw new IntentError(
      `${what} is ${JSON.stringify(text.slice(0, 60))}, with a control character in it: expected a text without line breaks and control characters`,
      place,
    )
}

/**
 * Whether the kernel accepts a text as the name of an interface (net/core/dev.c `dev_valid_name`), and the text does
 * not tear a listing apart. A backend may accept less: iptables cannot write quotes.
 * @example
 * isInterfaceName('eth0.100') // true
 * @public @since 0.1.0
 */
export const isInterfaceName = (name: string): boolean => {
  const bytes = byteLength(name)
  return bytes >= 1 && bytes <= 15 && name !== '.' && name !== '..' && !/[\s/:\p{C}\p{Zl}\p{Zp}]/u.test(name)
}

/**
 * Refuses a text that cannot name an interface.
 * @throws IntentError
 * @internal
 */
export const checkInterfaceName = (name: string, what: string, place: SourcePosition | null): void => {
  if (!isInterfaceName(name))
    throw new IntentError(
      `${what} is ${JSON.stringify(name.slice(0, 60))}, which no interface can be called: expected 1 to 15 bytes without spaces, "/" and ":"`,
      place,
    )
}
