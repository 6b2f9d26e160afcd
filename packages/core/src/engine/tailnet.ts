import type { EngineNetworkFact, HostFacts } from '@portolan/netfilter'

/**
 * What Tailscale takes of the address space when it is there: any of its addresses may become a peer's, and it
 * drops what comes from that range by another interface (tailscale.com/kb/1015/100.x-addresses,
 * tailscale.com/kb/1033/ip-and-dns-addresses). Without its interface the range is the provider's own (RFC 6598).
 */
export const tailnets = (facts: HostFacts): readonly EngineNetworkFact[] => {
  const device = facts.interfaces?.find(({ name }) => name?.startsWith('tailscale') === true)?.name
  return device === undefined
    ? []
    : [
        {
          engine: 'tailscale',
          name: device,
          subnets: ['100.64.0.0/10', 'fd7a:115c:a1e0::/48'],
          bridge: device,
        },
      ]
}
