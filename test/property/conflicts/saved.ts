const listing =
  (table: string, chains: readonly string[]) =>
  (...rules: readonly string[]): string =>
    [`*${table}`, ...chains.map((name) => `:${name} ACCEPT [0:0]`), ...rules, 'COMMIT', ''].join('\n')

/** The text of a table with these rules, as `iptables-save` prints it. */
export const raw: (...rules: readonly string[]) => string = listing('raw', ['PREROUTING', 'OUTPUT'])
export const mangle: (...rules: readonly string[]) => string = listing('mangle', [
  'PREROUTING',
  'FORWARD',
  'OUTPUT',
  'POSTROUTING',
])
export const nat: (...rules: readonly string[]) => string = listing('nat', [
  'PREROUTING',
  'OUTPUT',
  'POSTROUTING',
])
export const filter: (...rules: readonly string[]) => string = listing('filter', [
  'INPUT',
  'FORWARD',
  'OUTPUT',
])

/** The filter table with policy DROP for FORWARD. */
export const closed = (...rules: readonly string[]): string =>
  filter(...rules).replace(':FORWARD ACCEPT', ':FORWARD DROP')
