import type { TraceStep } from '@portolan/netfilter/analysis'

/**
 * Whether the culprit is a policy that ufw sets if its IPv6 is switched off: it then drops all of IPv6 and has no rules
 * for it.
 *
 * @see ufw `src/ufw-init-functions` `ufw_start`
 */
export const isUfwWithoutIp6 = ({ table, rule }: TraceStep, owner: string | null): boolean =>
  owner === 'ufw' && rule === null && table?.family === 'ip6' && table.program === 'ufw'

/** The remedy for that case. A rule of ip6tables would be lost with the next reload of ufw. */
export const ufwWithoutIp6 =
  'Set IPV6=yes in /etc/default/ufw, then run `ufw reload`. With IPV6=no ufw drops all of IPv6, whatever its rules say. Or leave IPv6 out of these networks and ports.'
