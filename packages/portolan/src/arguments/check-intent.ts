import type {
  EndpointIntent,
  Intent,
  LinkIntent,
  MappingIntent,
  NetworkIntent,
  ParentedNetworkIntent,
} from '@portolan/core'
import {
  checkArgument,
  checkItems,
  flagValue,
  listValue,
  nullOr,
  type OptionKinds,
  objectValue,
  orAbsent,
  partsValue,
  textsValue,
  textValue,
  type ValueKind,
  wholeValue,
  wordValue,
} from '@portolan/netfilter/schema'
import { wholeIntent } from './whole-intent.ts'

const text = textValue()
const textOrNull = nullOr(text)
const isObject = objectValue('an object').holds

const place = nullOr(objectValue('the place in a file'))
const protocol = wordValue(['tcp', 'udp', 'sctp'])
const ports = partsValue<MappingIntent['containerPorts']>('ports such as { first: 80, last: 80 }', {
  first: wholeValue,
  last: wholeValue,
})

/** The key that each kind of source has beside `kind`. */
const sourceKeys = { interface: 'name', prefix: 'prefix', service: 'service', network: 'network' } as const

const isSource = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const { kind, ...rest } = value as Readonly<Record<string, unknown>>
  const key = sourceKeys[kind as keyof typeof sourceKeys] as string | undefined
  return key !== undefined && typeof rest[key] === 'string'
}

const reachableFrom = orAbsent(
  listValue('a list such as [{ from: { kind: "interface", name: "wg0" }, place: null }]', (value) => {
    if (!isObject(value)) return false
    const { from, place: at } = value as Readonly<Record<string, unknown>>
    return isSource(from) && place.holds(at)
  }),
)

const ofSubnet = { subnet: textOrNull, gateway: textOrNull, ipRange: textOrNull }
const subnet = nullOr(
  partsValue<NonNullable<NetworkIntent['ip']>>('a subnet such as { subnet, gateway, ipRange, mode }', {
    ...ofSubnet,
    mode: wordValue(['nat', 'nat-unprotected', 'routed', 'isolated']),
  }),
)
const parentedSubnet = nullOr(
  partsValue<NonNullable<ParentedNetworkIntent['ip']>>(
    'a subnet such as { subnet, gateway, ipRange }',
    ofSubnet,
  ),
)

const networkKinds: OptionKinds<NetworkIntent> = {
  name: text,
  external: flagValue,
  externalName: textOrNull,
  bridge: textOrNull,
  internal: flagValue,
  icc: flagValue,
  masquerade: flagValue,
  hostBinding: textOrNull,
  mtu: nullOr(wholeValue),
  pools: nullOr(textsValue),
  ip: subnet,
  ip6: subnet,
  reachableFrom,
  place,
}

const endpointKinds: OptionKinds<EndpointIntent> = {
  service: text,
  replica: wholeValue,
  network: text,
  ip: textOrNull,
  ip6: textOrNull,
  mac: textOrNull,
  reachableFrom,
  place,
}

const mappingKinds: OptionKinds<MappingIntent> = {
  service: text,
  replica: wholeValue,
  network: text,
  hostAddress: textOrNull,
  hostPorts: nullOr(ports),
  containerPorts: ports,
  protocol,
  interface: textOrNull,
  allowFrom: nullOr(textsValue),
  weight: nullOr(wholeValue),
  place,
}

const parentedKinds: OptionKinds<ParentedNetworkIntent> = {
  name: text,
  driver: partsValue<Pick<ParentedNetworkIntent['driver'], 'kind' | 'mode'>>(
    'a driver such as { kind: "macvlan", mode: "bridge" }',
    { kind: wordValue(['macvlan', 'ipvlan']), mode: text },
  ),
  parent: text,
  internal: flagValue,
  mtu: nullOr(wholeValue),
  pools: nullOr(textsValue),
  ip: parentedSubnet,
  ip6: parentedSubnet,
  endpoints: listValue('a list of endpoints', isObject),
  place,
}

const exposed = partsValue<NonNullable<LinkIntent['exposed']>[number]>('ports', { protocol, ports })

const linkKinds: OptionKinds<LinkIntent> = {
  service: text,
  to: text,
  alias: text,
  exposed: orAbsent(
    listValue('a list such as [{ protocol: "tcp", ports: { first: 80, last: 80 } }]', exposed.holds),
  ),
  place,
}

const what = 'the intent'

/**
 * Refuses a value that is no intent. JavaScript code and JSON of other programs hand in such values.
 *
 * @returns the intent, with null for each absent key that may be null
 * @throws InvalidRequestError naming the place: `networks[0].name in the intent is 7`
 */
export const checkIntentValue = (given: unknown): Intent => {
  checkArgument(
    given,
    objectValue('what readCompose() or intent() gives', {
      project: 'text',
      networks: 'objects',
      endpoints: 'objects',
      mappings: 'objects',
      notes: 'objects',
    }),
    what,
  )
  const { parented: held = [], links: linked = [] } = given as Intent
  const lists = Object.entries<unknown>({ parented: held, links: linked })
  const objects: ValueKind = listValue('a list of objects, or absent', isObject)
  for (const [key, value] of lists) checkArgument(value, objects, `${key} in ${what}`)
  const intent = wholeIntent(given as Intent)
  const { networks, endpoints, mappings, parented = [], links = [] } = intent
  checkItems(networks, networkKinds, 'networks', what)
  checkItems(endpoints, endpointKinds, 'endpoints', what)
  checkItems(mappings, mappingKinds, 'mappings', what)
  checkItems(links, linkKinds, 'links', what)
  checkItems(parented, parentedKinds, 'parented', what)
  for (const [at, one] of parented.entries())
    checkItems(one.endpoints, endpointKinds, `parented[${at}].endpoints`, what)
  return intent
}
