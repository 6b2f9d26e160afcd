import type { Link } from '@portolan/netfilter/analysis'

/** Point-to-point tunnels: only the peers are behind each, and there is no neighbour discovery. */
const tunnels: ReadonlySet<string> = new Set([
  ...['wireguard', 'tun', 'ppp', 'sit', 'ipip', 'gre', 'ip6gre', 'ip6tnl', 'vti', 'vti6', 'xfrm'],
])

export const isTunnel = ({ kind }: Pick<Link, 'kind'>): boolean => kind !== null && tunnels.has(kind)
