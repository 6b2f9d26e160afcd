import type { JsonObject } from './json.ts'

/**
 * What of a packet only the rarer rules ask for.
 * @public @since 0.1.0
 */
export type HeaderExpression =
  | OptionExpression
  | TunnelPayloadExpression
  | RouteExpression
  | IpsecExpression
  | SocketExpression
  | OsfExpression
  | TunnelExpression

/**
 * An extension header, an option or a chunk, or a field of one: `exthdr frag`, `tcp option maxseg size`. The JSON
 * keys of libnftables-json(5): name, field, offset, type, base, len.
 * @public @since 0.1.0
 */
export interface OptionExpression {
  readonly kind: 'option'
  readonly header: 'exthdr' | 'tcp option' | 'ip option' | 'sctp chunk' | 'dccp option'
  readonly json: JsonObject
}

/** A header field of the packet within a tunnel: `vxlan ip saddr`. @public @since 0.1.0 */
export interface TunnelPayloadExpression {
  readonly kind: 'tunnel-payload'
  readonly tunnel: string
  readonly protocol: string
  readonly field: string
}

/** What is known of the packet's route: `rt classid`, `rt ip nexthop`. @public @since 0.1.0 */
export interface RouteExpression {
  readonly kind: 'route'
  readonly key: string
  readonly family: string | null
}

/** What IPsec did, or will do: `ipsec in reqid`. @public @since 0.1.0 */
export interface IpsecExpression {
  readonly kind: 'ipsec'
  readonly key: string
  readonly direction: string | null
  readonly family: string | null
  readonly transform: number | null
}

/** Of the local socket that would take the packet: `socket transparent`. @public @since 0.1.0 */
export interface SocketExpression {
  readonly kind: 'socket'
  readonly key: string
  readonly level: number | null
}

/** The sender's operating system, as it seems: `osf name`. @public @since 0.1.0 */
export interface OsfExpression {
  readonly kind: 'osf'
  readonly key: string
  readonly ttl: string | null
}

/** Of the tunnel that brought the packet: `tunnel id`. @public @since 0.1.0 */
export interface TunnelExpression {
  readonly kind: 'tunnel'
  readonly key: string
}
