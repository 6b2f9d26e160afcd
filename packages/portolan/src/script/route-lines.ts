import { blockRouteProtocol, type DesiredState } from '@portolan/core'
import { quoted } from '@portolan/core/planning'

/**
 * The routes to blocks of other hosts, as they are to be: those of ours to other blocks go. A route that another program
 * made to the same destination makes `ip` refuse, and the script ends there: it is not ours to replace.
 * @internal
 */
export const routeLines = ({ routes }: DesiredState): readonly string[] => {
  if (routes === undefined) return []
  const { number } = blockRouteProtocol
  return [
    '# Routes to blocks of other hosts',
    `ip -4 route flush table main proto ${number}`,
    `ip -6 route flush table main proto ${number} 2>/dev/null || true`,
    ...routes.map(
      ({ destination, via, interface: name }) =>
        `ip route add ${quoted(destination)} via ${quoted(via)} dev ${quoted(name)} proto ${number}`,
    ),
    '',
  ]
}
