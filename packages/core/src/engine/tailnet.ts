import type { EngineNetworkFact, HostFacts } from '@portolan/netfilter'

/**
 * The address ranges that Tailscale uses while its interface exists. Any address in them may become a peer's, and
 * Tailscale drops packets with such a source on other interfaces (tailscale.com/kb/1015/100.x-addresses,
 * tailscale.com/kb/1033/ip-and-dns-addresses). Without that interface, the range belongs to the provider (RFC 6598).
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
