import { byteLength, IntentError, type SourcePosition } from '@portolan/netfilter'

/**
 * IFALIASZ is 256 with the closing NUL (include/uapi/linux/if.h); a project and our own words take up to 153 of it.
 * @see bridgeAlias
 */
const longestName = 100

/** Throws what `encodeURIComponent` throws for half of a surrogate pair, which no UTF-8 text can hold. */
const encodedLength = (text: string): number => {
  // Most names are plain, and are their own encoding.
  if (/^[\w.-]*$/.test(text)) return text.length
  try {
    return encodeURIComponent(text).length
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/**
 * What people call their networks and services is theirs, as long as a bridge can carry it in its alias.
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
 * A line break or another control character tears messages and listings apart, and may steer a terminal.
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
 * Is a text what the kernel takes for the name of an interface (net/core/dev.c `dev_valid_name`), without what would tear
 * a listing apart? A backend may take less: iptables has no way to write quotes.
 * @example
 * isInterfaceName('eth0.100') // true
 * @public @since 0.1.0
 */
export const isInterfaceName = (name: string): boolean => {
  const bytes = byteLength(name)
  return bytes >= 1 && bytes <= 15 && name !== '.' && name !== '..' && !/[\s/:\p{C}\p{Zl}\p{Zp}]/u.test(name)
}

/**
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
