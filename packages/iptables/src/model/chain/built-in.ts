/** The built-in chains of each table, in the order iptables-save prints them (ip_tables' valid_hooks). */
export const builtInChains: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
}

/** The built-in chains of a table; empty for an unknown table. */
export const builtIns = (table: string): readonly string[] =>
  // A table may have the name `constructor`.
  Object.hasOwn(builtInChains, table) ? (builtInChains[table] ?? []) : []

export const isBuiltIn = (table: string, chain: string): boolean => builtIns(table).includes(chain)
