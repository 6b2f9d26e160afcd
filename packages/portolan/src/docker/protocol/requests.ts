import { tryParseAddress, tryParseHostOrPrefix } from '@portolan/netfilter'
import {
  absentOr,
  allOf,
  anything,
  between,
  flag,
  listOf,
  namesTo,
  orNull,
  type Schema,
  text,
  textThat,
} from '@portolan/netfilter/schema'

/**
 * The requests of dockerd, by verb: moby, libnetwork/drivers/remote/api/api.go and libnetwork/ipams/remote/api/api.go.
 * Go writes a missing value as an empty text, as null, or not at all.
 */

/** The subnet of one family that Docker's IPAM has given a network. */
export interface PoolData {
  readonly AddressSpace?: string
  readonly Pool?: string
  readonly Gateway?: string
  readonly AuxAddresses?: Readonly<Record<string, string>> | null
}

type Options = Readonly<Record<string, unknown>> | null

export interface CreateNetworkRequest {
  readonly NetworkID: string
  readonly Options?: Options
  readonly IPv4Data?: readonly PoolData[] | null
  readonly IPv6Data?: readonly PoolData[] | null
}

export interface NetworkRequest {
  readonly NetworkID: string
}

export interface EndpointRequest {
  readonly NetworkID: string
  readonly EndpointID: string
}

export interface CreateEndpointRequest extends EndpointRequest {
  readonly Interface?: {
    readonly Address?: string
    readonly AddressIPv6?: string
    readonly MacAddress?: string
  } | null
  readonly Options?: Options
}

export interface ConnectivityRequest extends EndpointRequest {
  readonly Options?: Options
}

/** A port of `docker run -p`, in the options of an endpoint (moby, libnetwork/types `PortBinding`). */
export interface PortBinding {
  /** The number of the protocol: 6, 17 or 132. */
  readonly Proto: number
  readonly Port: number
  readonly HostIP?: string | null
  /** 0: any. */
  readonly HostPort?: number
  /** The last port of a range from which one port is wanted. */
  readonly HostPortEnd?: number
}

export interface RequestPoolRequest {
  readonly AddressSpace?: string
  readonly Pool?: string
  readonly SubPool?: string
  readonly Options?: Readonly<Record<string, string>> | null
  readonly V6?: boolean
}

export interface PoolRequest {
  readonly PoolID: string
}

export interface AddressRequest extends PoolRequest {
  readonly Address?: string
  readonly Options?: Readonly<Record<string, string>> | null
}

/** Docker's identifiers are 64 hexadecimal digits. Networks and endpoints here are named after them. */
const id = textThat('an identifier of Docker, hexadecimal digits', (value) => /^[\da-f]{12,64}$/i.test(value))
const optional = <T>(schema: Schema<T>) => absentOr(orNull(schema))
const prefix = textThat(
  'an address with a prefix length, or an empty text',
  (value) => value === '' || tryParseHostOrPrefix(value) !== null,
)
const addressText = textThat(
  'an IP address, or an empty text',
  (value) => value === '' || tryParseAddress(value) !== null,
)
const options = optional(namesTo(anything))
const texts = optional(namesTo(text()))
const port = between(0, 65_535, 'a port from 0 to 65535')

const poolData = allOf({
  AddressSpace: absentOr(text()),
  Pool: absentOr(prefix),
  Gateway: absentOr(prefix),
  AuxAddresses: optional(namesTo(prefix)),
})
const ofEndpoint = { NetworkID: id, EndpointID: id }
const pool = { PoolID: text() }

export const portBindings: Schema<readonly PortBinding[]> = listOf(
  allOf({
    Proto: between(0, 255, 'the number of a protocol'),
    Port: port,
    HostIP: optional(addressText),
    HostPort: absentOr(port),
    HostPortEnd: absentOr(port),
  }),
)

export const schemas: {
  readonly anything: Schema<object>
  readonly network: Schema<NetworkRequest>
  readonly createNetwork: Schema<CreateNetworkRequest>
  readonly endpoint: Schema<ConnectivityRequest>
  readonly createEndpoint: Schema<CreateEndpointRequest>
  readonly requestPool: Schema<RequestPoolRequest>
  readonly pool: Schema<PoolRequest>
  readonly address: Schema<AddressRequest>
} = {
  anything: namesTo(anything),
  network: allOf({ NetworkID: id }),
  createNetwork: allOf({
    NetworkID: id,
    Options: options,
    IPv4Data: optional(listOf(poolData)),
    IPv6Data: optional(listOf(poolData)),
  }),
  endpoint: allOf({ ...ofEndpoint, Options: options }),
  createEndpoint: allOf({
    ...ofEndpoint,
    Options: options,
    Interface: optional(
      allOf({
        Address: absentOr(prefix),
        AddressIPv6: absentOr(prefix),
        MacAddress: absentOr(text()),
      }),
    ),
  }),
  requestPool: allOf({
    AddressSpace: absentOr(text()),
    Pool: absentOr(prefix),
    SubPool: absentOr(prefix),
    Options: texts,
    V6: absentOr(flag),
  }),
  pool: allOf(pool),
  address: allOf({ ...pool, Address: absentOr(addressText), Options: texts }),
}
