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

// hostAddress, interface, allowFrom and hostBinding are left out. A misspelt key counts as absent, and null in its
// place would open the port to more clients than any value does.
const networkKeys: NullKeys<NetworkIntent> = ['externalName', 'bridge', 'mtu', 'pools', 'ip', 'ip6', 'place']
const endpointKeys: NullKeys<EndpointIntent> = ['ip', 'ip6', 'mac', 'place']
const mappingKeys: NullKeys<MappingIntent> = ['hostPorts', 'weight', 'place']
const parentedKeys: NullKeys<ParentedNetworkIntent> = ['mtu', 'pools', 'ip', 'ip6', 'place']
const linkKeys: NullKeys<LinkIntent> = ['place']
const subnetKeys: NullKeys<ParentedSubnetIntent> = ['subnet', 'gateway', 'ipRange']

/**
 * Sets each absent key that may be null to null, because JavaScript and JSON leave out what is not set. An intent
 * without absent keys is returned as it is. A copy of a class instance would lose the keys that its class provides.
 *
 * @param intent - lists of objects; nothing else is checked yet
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
