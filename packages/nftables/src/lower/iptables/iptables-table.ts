import type { Chain, Ruleset, Table } from '../../model/index.ts'

/** The base chains that iptables-nft makes (iptables/nft.c, `xtables_ipv4`): table, type, priority and chain. */
const builtIn: ReadonlySet<string> = new Set(
  [
    ['filter', 'filter', 0, ['INPUT', 'FORWARD', 'OUTPUT']],
    // The priority that iptables-nft uses is 150, though NF_IP_PRI_SECURITY is 50.
    ['security', 'filter', 150, ['INPUT', 'FORWARD', 'OUTPUT']],
    ['raw', 'filter', -300, ['PREROUTING', 'OUTPUT']],
    ['mangle', 'filter', -150, ['PREROUTING', 'INPUT', 'FORWARD', 'POSTROUTING']],
    ['mangle', 'route', -150, ['OUTPUT']],
    ['nat', 'nat', -100, ['PREROUTING', 'OUTPUT']],
    ['nat', 'nat', 100, ['INPUT', 'POSTROUTING']],
  ].flatMap(([table, type, priority, chains]) =>
    Array.isArray(chains) ? chains.map((chain) => `${table} ${type} ${priority} ${chain}`) : [],
  ),
)

/** Is a chain a base chain of the form that iptables-nft makes? */
export const isBuiltIn = (table: string, { name, base }: Chain): boolean =>
  base !== null &&
  base.hook === name.toLowerCase() &&
  builtIn.has(`${table} ${base.type} ${base.priority} ${name}`)

const builtInNames: ReadonlySet<string> = new Set(
  [...builtIn].map((shape) => {
    const [table, , , chain] = shape.split(' ')
    return `${table} ${chain}`
  }),
)

/**
 * Finds base chains with a table and name of iptables-nft, but another type, hook or priority. iptables-nft accepts no
 * rule for such a chain, and shows it as empty (`CHAIN_ADD failed`; measured, 1.8.11).
 *
 * @example
 * chainsInPlaceOfBuiltIn(parse(stdout)) // [{ family: 'ip', table: 'mangle', chain: 'FORWARD' }]
 * @public @since 0.1.0
 */
export const chainsInPlaceOfBuiltIn = ({
  tables,
}: Ruleset): readonly {
  readonly family: 'ip' | 'ip6'
  readonly table: string
  readonly chain: string
}[] =>
  tables.flatMap(({ family, name: table, chains }) =>
    family !== 'ip' && family !== 'ip6'
      ? []
      : chains.flatMap((chain) =>
          chain.base !== null && builtInNames.has(`${table} ${chain.name}`) && !isBuiltIn(table, chain)
            ? [{ family, table, chain: chain.name }]
            : [],
        ),
  )

/**
 * Does a table belong to iptables-nft? Such a table holds extensions that nft does not show (`xt`), or has only base
 * chains of the names and forms that iptables-nft makes. `iptables-nft-save` prints such a table whole, except for
 * rules and base chains of nft. nft's listing is not whole.
 *
 * @example
 * parse(stdout).tables.filter(isIptablesTable) // table ip filter, table ip nat
 * @public @since 0.1.0
 */
export const isIptablesTable = (table: Table): boolean => {
  if (
    table.chains.some(({ rules }) =>
      rules.some(({ statements }) => statements.some(({ kind }) => kind === 'xt')),
    )
  )
    return true
  if (table.family !== 'ip' && table.family !== 'ip6') return false
  const bases = table.chains.filter(({ base }) => base !== null)
  return bases.length > 0 && table.sets.length === 0 && bases.every((chain) => isBuiltIn(table.name, chain))
}
