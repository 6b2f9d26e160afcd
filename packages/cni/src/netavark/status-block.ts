import type { AttachedEndpoint, LiveHost } from 'portolan'
import type { PodmanNetwork } from './read-input.ts'

/** The result of setup in the form of netavark. */
export interface StatusBlock {
  readonly dns_search_domains: readonly string[]
  readonly dns_server_ips: readonly string[]
  readonly interfaces: Readonly<Record<string, StatusInterface>>
}

interface StatusInterface {
  readonly mac_address: string
  /** The addresses with their prefix lengths. */
  readonly subnets: readonly { readonly ipnet: string; readonly gateway?: string }[]
}

export const statusBlock = (
  { network_dns_servers: servers }: PodmanNetwork,
  network: Awaited<ReturnType<LiveHost['ensureNetwork']>>,
  attached: AttachedEndpoint,
): StatusBlock => ({
  dns_search_domains: [],
  dns_server_ips: servers ?? [],
  interfaces: {
    [attached.interface]: {
      mac_address: attached.mac,
      subnets: (['ip', 'ip6'] as const).flatMap((family) => {
        const [subnet, address] = [network[family], attached[family]]
        if (subnet === null || address === null) return []
        const ipnet = `${address}/${subnet.subnet.split('/')[1]}`
        return [network.internal || subnet.gateway === null ? { ipnet } : { ipnet, gateway: subnet.gateway }]
      }),
    },
  },
})
