import type { Ruleset, Table } from '../../model/ruleset.ts'

/**
 * Finds the IPv6 filter table that ufw has closed; null when there is none. With IPV6=no ufw sets every policy there to
 * drop and makes none of its chains. So only its chains in IPv4 tell that the policies are ufw's.
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
