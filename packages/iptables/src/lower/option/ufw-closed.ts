import type { Ruleset, Table } from '../../model/ruleset.ts'

/**
 * The IPv6 table that ufw has closed: with IPV6=no it sets every policy to drop and makes none of its chains there, so
 * only its chains in IPv4 tell that it was ufw.
 *
 * @see ufw `src/ufw-init-functions` `ufw_start`
 */
export const ufwClosed = ({ tables }: Ruleset): Table | null => {
  const filters = tables.filter(({ name }) => name === 'filter')
  const inUse = filters.some((table) => table.family === 'ip' && isOfUfw(table))
  const closed = filters.find(
    (table) =>
      table.family === 'ip6' &&
      !isOfUfw(table) &&
      ['INPUT', 'FORWARD', 'OUTPUT'].every((name) =>
        table.chains.some(
          (chain) => chain.kind === 'built-in' && chain.name === name && chain.policy === 'DROP',
        ),
      ),
  )
  return inUse ? (closed ?? null) : null
}

const isOfUfw = ({ chains }: Table): boolean => chains.some(({ name }) => /^ufw6?-/.test(name))
