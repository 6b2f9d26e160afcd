import type { Family, Protocol } from '@portolan/netfilter'

/**
 * One thing that another program does to some packets.
 */
export interface ForeignEffect {
  readonly kind: 'drop' | 'reject' | 'accept' | 'dnat' | 'masquerade' | 'notrack'
  /** Where: on the way in, through, or out. `masquerade` is on the way out, `notrack` and `dnat` on the way in. */
  readonly stage: 'prerouting' | 'forward' | 'postrouting'
  readonly source: string | null
  readonly in: string | null
  readonly protocol: Extract<Protocol, 'tcp' | 'udp'> | null
  /** Of the destination; null where `protocol` is. */
  readonly port: number | null
  /** Of `dnat`. */
  readonly to: { readonly address: string; readonly port: number } | null
}

/** The rules of one program: what it does, and whether it lets pass only what it accepts. */
export interface ForeignFirewall {
  readonly family: Family
  readonly closed: boolean
  readonly effects: readonly ForeignEffect[]
}
