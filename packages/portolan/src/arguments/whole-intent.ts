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
 * Where none is, it is the same: one that has its keys from a class would lose them in a copy.
 *
 * @param intent - lists of objects, in which nothing else is known yet
 */
export const wholeIntent = (intent: Intent): Intent => {
  const { networks, endpoints, mappings, parented, links } = intent
  return withParts(intent, {
    networks: eachOf(nullsInAll(networks, networkKeys), (one) => withPlaces(withSubnets(one))),
    endpoints: eachOf(nullsInAll(endpoints, endpointKeys), withPlaces),
    mappings: nullsInAll(mappings, mappingKeys),
    ...(parented === undefined
      ? {}
      : { parented: eachOf(nullsInAll(parented, parentedKeys), withEndpoints) }),
    ...(links === undefined ? {} : { links: nullsInAll(links, linkKeys) }),
  })
}

const eachOf = <Item>(items: readonly Item[], change: (item: Item) => Item): readonly Item[] => {
  const changed = items.map(change)
  return changed.every((one, at) => one === items[at]) ? items : changed
}

const withParts = <Item extends object>(item: Item, parts: Partial<Item>): Item => {
  for (const key in parts) if (parts[key] !== item[key]) return { ...item, ...parts }
  return item
}

const withSubnets = <One extends Pick<ParentedNetworkIntent, 'ip' | 'ip6'>>(network: One): One =>
  withParts<Pick<ParentedNetworkIntent, 'ip' | 'ip6'>>(network, {
    ip: nullsInSubnet(network.ip),
    ip6: nullsInSubnet(network.ip6),
  }) as One

const nullsInSubnet = <One extends ParentedSubnetIntent>(subnet: One | null): One | null =>
  subnet === null ? null : (nullsIn<ParentedSubnetIntent>(subnet, subnetKeys) as One)

const withPlaces = <One extends Pick<NetworkIntent, 'reachableFrom'>>(one: One): One =>
  Array.isArray(one.reachableFrom)
    ? (withParts<Pick<NetworkIntent, 'reachableFrom'>>(one, {
        reachableFrom: eachOf(one.reachableFrom, (source) => nullsIn(source, ['place'])),
      }) as One)
    : one

const withEndpoints = (network: ParentedNetworkIntent): ParentedNetworkIntent =>
  withParts(withSubnets(network), {
    endpoints: Array.isArray(network.endpoints)
      ? eachOf(network.endpoints, (one) => nullsIn(one, endpointKeys))
      : network.endpoints,
  })
