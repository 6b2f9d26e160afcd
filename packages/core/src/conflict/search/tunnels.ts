import type { Link } from '@portolan/netfilter/analysis'

/** Tunnels of points: behind each are its peers alone, and no neighbour is asked for there. */
const tunnels: ReadonlySet<string> = new Set([
  ...['wireguard', 'tun', 'ppp', 'sit', 'ipip', 'gre', 'ip6gre', 'ip6tnl', 'vti', 'vti6', 'xfrm'],
])

export const isTunnel = ({ kind }: Pick<Link, 'kind'>): boolean => kind !== null && tunnels.has(kind)
