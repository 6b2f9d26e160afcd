import type { Family, Protocol } from '@portolan/netfilter'

/**
 * One effect of another program on some packets.
 */
export interface ForeignEffect {
  readonly kind: 'drop' | 'reject' | 'accept' | 'dnat' | 'masquerade' | 'notrack'
  /**
   * Where it acts: on incoming, forwarded or outgoing packets. `masquerade` is for outgoing ones, `notrack` and `dnat`
   * for incoming ones.
   */
  readonly stage: 'prerouting' | 'forward' | 'postrouting'
  readonly source: string | null
  readonly in: string | null
  readonly protocol: Extract<Protocol, 'tcp' | 'udp'> | null
  /** The destination port. Null: any port, and always where `protocol` is null. */
  readonly port: number | null
  /** The target of `dnat`; null for other kinds. */
  readonly to: { readonly address: string; readonly port: number } | null
}

/** The rules of one program. `closed`: forwarded packets pass only where a rule accepts them. */
export interface ForeignFirewall {
  readonly family: Family
  readonly closed: boolean
  readonly effects: readonly ForeignEffect[]
}
