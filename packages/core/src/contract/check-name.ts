import { byteLength, IntentError, type SourcePosition } from '@portolan/netfilter'

/**
 * IFALIASZ is 256 with the closing NUL (include/uapi/linux/if.h). A project and Portolan's own words take up to 153
 * bytes.
 * @see bridgeAlias
 */
const longestName = 100

/** The most characters of a name that a message shows. */
const longestShown = 60

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
  const shown = JSON.stringify(name.length > longestShown ? `${name.slice(0, longestShown)}...` : name)
  if (name === '') throw new IntentError(`"" cannot name ${what}: expected at least one character`, place)
  const length = encodedLength(name)
  if (length === Number.POSITIVE_INFINITY)
    throw new IntentError(`${shown} cannot name ${what}: expected a text that UTF-8 can hold`, place)
  if (length > longestName)
    throw new IntentError(
      `${shown} cannot name ${what}: it is ${length} characters long, and at most ${longestName} are possible. Give it a shorter name${length === name.length ? '' : ' (a character that is no letter or digit of ASCII, ".", "_" or "-" counts as three or more)'}`,
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
 * What the kernel keeps under /proc/sys/net/ipv4/conf beside the interfaces. It makes no interface of these names
 * (net/ipv4/devinet.c `sysctl_dev_name_is_allowed`). An interface without IPv6 can be renamed so. Its sysctls are then
 * out of reach, because their names are taken.
 */
const keptNames = new Map([
  ['all', 'all interfaces'],
  ['default', 'interfaces that come later'],
])

/**
 * Says why a text cannot name an interface: the kernel refuses it (net/core/dev.c `dev_valid_name`,
 * `dev_prep_valid_name`), or it tears a listing apart. Null for a name that the kernel accepts. A backend may accept
 * less: iptables cannot write quotes.
 * @example
 * interfaceNameFault('eth0.100') // null
 * @public @since 0.1.0
 */
export const interfaceNameFault = (name: string): string | null => {
  const kept = keptNames.get(name)
  if (kept !== undefined)
    return `the kernel keeps this name for the settings of ${kept} (net.ipv4.conf.${name}); expected another, such as eth0`
  const bytes = byteLength(name)
  if (bytes < 1 || bytes > 15 || name === '.' || name === '..' || /[\s/:%\p{C}\p{Zl}\p{Zp}]/u.test(name))
    return 'expected a name of 1 to 15 bytes without spaces, "/", ":" and "%"'
  // lib/ctype.c: `isspace` is true of the byte A0, which is a part of some letters in UTF-8.
  return encodeURIComponent(name).includes('%A0')
    ? 'the kernel takes a byte of one of its letters (A0) for a space; expected another, such as eth0'
    : null
}

/**
 * Whether a text can name an interface.
 * @see interfaceNameFault
 * @example
 * isInterfaceName('eth0.100') // true
 * @public @since 0.1.0
 */
export const isInterfaceName = (name: string): boolean => interfaceNameFault(name) === null

/**
 * Refuses a text that cannot name an interface.
 * @throws IntentError
 * @internal
 */
export const checkInterfaceName = (name: string, what: string, place: SourcePosition | null): void => {
  const fault = interfaceNameFault(name)
  if (fault !== null)
    throw new IntentError(
      `${what} is ${JSON.stringify(name.slice(0, 60))}, which no interface can be called: ${fault}`,
      place,
    )
}
