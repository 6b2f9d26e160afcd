import type { EndpointIntent } from '../endpoint-intent.ts'
import type { Intent, NetworkIntent, SubnetIntent } from '../intent.ts'
import type { ParentedNetworkIntent, ParentedSubnetIntent } from '../parented-network.ts'
import type { ReadNetwork } from './networks.ts'
import type { ParentedOptions } from './parented-options.ts'

/**
 * Splits the networks of a file by how they are built: with a bridge, or on an interface. Endpoints on a network with
 * an interface are stored in that network.
 */
export const byBuild = (
  networks: readonly ReadNetwork[],
  endpoints: readonly EndpointIntent[],
): Pick<Intent, 'networks' | 'endpoints' | 'parented'> => {
  const bridges = networks.flatMap(({ intent, build }) => (build.kind === 'bridge' ? [intent] : []))
  const named = new Set(bridges.map(({ name }) => name))
  const parented = networks.flatMap(({ intent, build }) =>
    build.kind === 'parented'
      ? [
          parentedIntent(
            intent,
            build,
            endpoints.filter(({ network }) => network === intent.name),
          ),
        ]
      : [],
  )
  return {
    networks: bridges,
    endpoints: parented.length === 0 ? endpoints : endpoints.filter(({ network }) => named.has(network)),
    ...(parented.length === 0 ? {} : { parented }),
  }
}

const parentedIntent = (
  { name, internal, mtu, pools, ip, ip6, place }: NetworkIntent,
  { driver, parent }: ParentedOptions,
  endpoints: readonly EndpointIntent[],
): ParentedNetworkIntent => ({
  name,
  driver,
  parent,
  internal,
  mtu,
  pools,
  ip: subnetOf(ip),
  ip6: subnetOf(ip6),
  endpoints,
  place,
})

const subnetOf = (wanted: SubnetIntent | null): ParentedSubnetIntent | null =>
  wanted === null ? null : { subnet: wanted.subnet, gateway: wanted.gateway, ipRange: wanted.ipRange }
