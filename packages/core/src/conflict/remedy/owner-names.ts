/**
 * Whether ufw reads an interface name as nothing but that. It takes letters, digits and a few signs
 * (ufw/common.py `set_interface`), a closing `+` as a wildcard, and its own words wherever they stand.
 */
export const isUfwInterface = (name: string | null): boolean =>
  name === null || (/^[A-Za-z0-9][A-Za-z0-9_.=,%@-]*$/.test(name) && !ufwWords.has(name))

/** ufw/parser.py looks for these among all words of a command. */
const ufwWords: ReadonlySet<string> = new Set([
  ...['in', 'out', 'on', 'from', 'to', 'any', 'port', 'proto', 'app', 'log', 'log-all', 'comment'],
  ...['route', 'rule', 'delete', 'insert', 'prepend', 'allow', 'deny', 'reject', 'limit'],
])

/**
 * Whether a zone and a policy of firewalld can be called after a bridge: it takes letters, digits, `_` and `-`
 * (firewall/core/io/io_object.py `check_name`). A zone that is there already would be changed, and taken back it
 * would be gone.
 */
export const isFirewalldName = (name: string): boolean =>
  /^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(name) && !zones.has(name)

/** firewalld.zones(5); and those that Docker, libvirt and NetworkManager bring. */
const zones: ReadonlySet<string> = new Set([
  ...['block', 'dmz', 'drop', 'external', 'home', 'internal', 'public', 'trusted', 'work'],
  ...['docker', 'libvirt', 'libvirt-routed', 'nm-shared', 'ANY', 'HOST'],
])
