import type { JsonObject } from './json.ts'

/**
 * Properties of the packet that few rules use.
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
 * An extension header, an option, a chunk, or a field of one of them: `exthdr frag`, `tcp option maxseg size`. The JSON
 * keys are those of libnftables-json(5): name, field, offset, type, base, len.
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

/** A property of the packet's route: `rt classid`, `rt ip nexthop`. @public @since 0.1.0 */
export interface RouteExpression {
  readonly kind: 'route'
  readonly key: string
  readonly family: string | null
}

/** A property of the IPsec transformation, applied or to be applied: `ipsec in reqid`. @public @since 0.1.0 */
export interface IpsecExpression {
  readonly kind: 'ipsec'
  readonly key: string
  readonly direction: string | null
  readonly family: string | null
  readonly transform: number | null
}

/** A property of the local socket that would receive the packet: `socket transparent`. @public @since 0.1.0 */
export interface SocketExpression {
  readonly kind: 'socket'
  readonly key: string
  readonly level: number | null
}

/** The operating system of the sender, as guessed from the packet: `osf name`. @public @since 0.1.0 */
export interface OsfExpression {
  readonly kind: 'osf'
  readonly key: string
  readonly ttl: string | null
}

/** A property of the tunnel that the packet came through: `tunnel id`. @public @since 0.1.0 */
export interface TunnelExpression {
  readonly kind: 'tunnel'
  readonly key: string
}
