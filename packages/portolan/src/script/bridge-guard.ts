import type { DesiredState } from '@portolan/core'
import { quoted } from '@portolan/core/planning'

/**
 * Ends a script if an interface of another kind has the name of a bridge. That interface would get the gateway address
 * of the network, and the containers of the network would have no gateway.
 * @internal
 */
export const bridgeGuardLines = ({ networks }: DesiredState): readonly string[] => {
  const names = networks.filter(({ external }) => !external).map(({ bridge }) => quoted(bridge))
  return names.length === 0
    ? []
    : [
        '# An interface of another kind stays as it is: then nothing is changed.',
        `for bridge in ${names.join(' ')}; do`,
        '  ip link show dev "$bridge" >/dev/null 2>&1 || continue',
        '  [ -z "$(ip -o link show dev "$bridge" type bridge)" ] || continue',
        '  echo "$bridge is there already, and is no bridge. Rename or remove it, or name another bridge for the network. Nothing was changed." >&2',
        '  exit 1',
        'done',
        '',
      ]
}
