import type {
  EndpointIntent,
  Intent,
  LinkIntent,
  MappingIntent,
  NetworkIntent,
  ParentedNetworkIntent,
  ParentedSubnetIntent,
} from '@portolan/core'
import { type NullKeys, nullsIn, nullsInAll } from './nulls-for-absent.ts'

// Not hostAddress, interface, allowFrom and hostBinding: null opens a port to more than any value does, and a key that is
// misspelt is absent.
const networkKeys: NullKeys<NetworkIntent> = ['externalName', 'bridge', 'mtu', 'pools', 'ip', 'ip6', 'place']
const endpointKeys: NullKeys<EndpointIntent> = ['ip', 'ip6', 'mac', 'place']
const mappingKeys: NullKeys<MappingIntent> = ['hostPorts', 'weight', 'place']
const parentedKeys: NullKeys<ParentedNetworkIntent> = ['mtu', 'pools', 'ip', 'ip6', 'place']
const linkKeys: NullKeys<LinkIntent> = ['place']
const subnetKeys: NullKeys<ParentedSubnetIntent> = ['subnet', 'gateway', 'ipRange']

/**
 * An intent in which a key that may be null is so where it is absent, as JavaScript and JSON leave out what is not set.
 *
 * @param intent - lists of objects, in which nothing else is known yet
 */
export const wholeIntent = (intent: Intent): Intent => {
  const { networks, endpoints, mappings, parented, links } = intent
  return {
    ...intent,
    networks: nullsInAll(networks, networkKeys).map((one) => withPlaces(withSubnets(one))),
    endpoints: nullsInAll(endpoints, endpointKeys).map(withPlaces),
    mappings: nullsInAll(mappings, mappingKeys),
    ...(parented === undefined ? {} : { parented: nullsInAll(parented, parentedKeys).map(withEndpoints) }),
    ...(links === undefined ? {} : { links: nullsInAll(links, linkKeys) }),
  }
}

const withSubnets = <One extends Pick<ParentedNetworkIntent, 'ip' | 'ip6'>>(network: One): One => ({
  ...network,
  ip: nullsInSubnet(network.ip),
  ip6: nullsInSubnet(network.ip6),
})

const nullsInSubnet = <One extends ParentedSubnetIntent>(subnet: One | null): One | null =>
  subnet === null ? null : (nullsIn<ParentedSubnetIntent>(subnet, subnetKeys) as One)

const withPlaces = <One extends Pick<NetworkIntent, 'reachableFrom'>>(one: One): One =>
  Array.isArray(one.reachableFrom)
    ? { ...one, reachableFrom: one.reachableFrom.map((source) => nullsIn(source, ['place'])) }
    : one

const withEndpoints = (network: ParentedNetworkIntent): ParentedNetworkIntent => ({
  ...withSubnets(network),
  endpoints: Array.isArray(network.endpoints)
    ? network.endpoints.map((one) => nullsIn(one, endpointKeys))
    : network.endpoints,
})
