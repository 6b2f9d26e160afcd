/**
 * Whether ufw reads an interface name as only that. ufw accepts letters, digits and a few signs (ufw/common.py
 * `set_interface`). It takes a closing `+` as a wildcard, and its own words as words wherever they stand.
 */
export const isUfwInterface = (name: string | null): boolean =>
  name === null || (/^[A-Za-z0-9][A-Za-z0-9_.=,%@-]*$/.test(name) && !ufwWords.has(name))

/** The words that ufw/parser.py looks for among all words of a command. */
const ufwWords: ReadonlySet<string> = new Set([
  ...['in', 'out', 'on', 'from', 'to', 'any', 'port', 'proto', 'app', 'log', 'log-all', 'comment'],
  ...['route', 'rule', 'delete', 'insert', 'prepend', 'allow', 'deny', 'reject', 'limit'],
])

/**
 * Whether a policy of firewalld can be called after a bridge: it takes letters, digits, `_` and `-`
 * (firewall/core/io/io_object.py `check_name`).
 */
export const isFirewalldName = (name: string): boolean => /^[A-Za-z0-9_-]+$/.test(name)
