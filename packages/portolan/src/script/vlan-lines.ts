import { type DesiredState, parseVlanName, vlanAlias } from '@portolan/core'
import { quoted } from '@portolan/core/planning'

/**
 * The lines that make the VLAN links which networks on a parent need. A link that another program made stays as it is.
 * @internal
 */
export const vlanLines = ({ project, parented = [] }: DesiredState): readonly string[] =>
  [...new Set(parented.map(({ parent }) => parent))].flatMap((parent) => {
    const vlan = parseVlanName(parent)
    if (vlan === null) return []
    const name = quoted(parent)
    return [
      `if ! ip link show dev ${name} >/dev/null 2>&1; then`,
      `  ip link add link ${quoted(vlan.parent)} name ${name} type vlan id ${vlan.id}`,
      `  ip link set dev ${name} alias ${quoted(vlanAlias(project))}`,
      `  ip link set dev ${name} up`,
      'fi',
    ]
  })
