import type { TraceStep } from '@portolan/netfilter/analysis'

/**
 * Was it a policy that ufw sets where it has IPv6 switched off? It drops all of IPv6 then, and has no rules to ask.
 *
 * @see ufw `src/ufw-init-functions` `ufw_start`
 */
export const isUfwWithoutIp6 = ({ table, rule }: TraceStep, owner: string | null): boolean =>
  owner === 'ufw' && rule === null && table?.family === 'ip6' && table.program === 'ufw'

/** What to do then. A rule of ip6tables would be gone with the next reload of ufw. */
export const ufwWithoutIp6 =
  'Set IPV6=yes in /etc/default/ufw, then run `ufw reload`. With IPV6=no ufw drops all of IPv6, whatever its rules say. Or leave IPv6 out of these networks and ports.'
