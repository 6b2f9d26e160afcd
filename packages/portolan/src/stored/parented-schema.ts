import type { DesiredEndpoint, DesiredParentedNetwork, ParentedDriver } from '@portolan/core'
import {
  addressOrNull,
  allOf,
  exactly,
  listOf,
  ofKind,
  oneOf,
  orNull,
  prefix,
  type Schema,
  text,
  wholeNumber,
  wholeNumberOrNull,
} from '@portolan/netfilter/schema'

export const endpointSchema: Schema<DesiredEndpoint> = allOf({
  service: text(),
  replica: wholeNumber,
  network: text(),
  ip: addressOrNull,
  ip6: addressOrNull,
  mac: text(),
})

const subnet = allOf({ subnet: prefix, gateway: addressOrNull })

/** A network on an interface of the host. */
export const parentedSchema: Schema<DesiredParentedNetwork> = allOf({
  name: text(),
  driver: ofKind<ParentedDriver['kind'], ParentedDriver>({
    macvlan: allOf({ kind: exactly('macvlan'), mode: oneOf('bridge', 'vepa', 'private', 'passthru') }),
    ipvlan: allOf({
      kind: exactly('ipvlan'),
      mode: oneOf('l2', 'l3', 'l3s'),
      flag: oneOf('bridge', 'private', 'vepa'),
    }),
  }),
  parent: text(),
  mtu: wholeNumberOrNull,
  ip: orNull(subnet),
  ip6: orNull(subnet),
  endpoints: listOf(endpointSchema),
})
