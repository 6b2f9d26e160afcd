import type { Change } from './change.ts'

/**
 * What a plan does to interfaces. Addresses are in CIDR form.
 * @public @since 0.1.0
 */
export type LinkOperation =
  | {
      readonly kind: 'create-bridge'
      readonly name: string
      readonly alias: string
      readonly mac: string
      readonly mtu: number | null
      readonly addresses: readonly string[]
      /** IFLA_BR_NF_CALL_IPTABLES and IFLA_BR_NF_CALL_IP6TABLES: send bridged packets through the IP hooks. */
      readonly nfCall: boolean
    }
  | { readonly kind: 'delete-bridge'; readonly name: string }
  /** The host's end of an endpoint's veth pair, and the other end with it. */
  | { readonly kind: 'delete-endpoint'; readonly name: string }
  | {
      readonly kind: 'create-vlan'
      readonly name: string
      readonly parent: string
      readonly id: number
      readonly alias: string
    }
  | { readonly kind: 'set-vlan-up'; readonly name: string }
  | { readonly kind: 'delete-vlan'; readonly name: string }
  | {
      readonly kind: 'set-bridge'
      readonly name: string
      readonly alias?: string
      readonly mtu?: number
      readonly up?: true
      readonly nfCall?: boolean
    }
  | { readonly kind: 'add-address'; readonly name: string; readonly address: string }
  | { readonly kind: 'remove-address'; readonly name: string; readonly address: string }
  /** A route of ours, to the block of another host; the one that there is for that destination goes at the same time. */
  | {
      readonly kind: 'set-route' | 'delete-route'
      /** The interface that it leaves by. */
      readonly name: string
      readonly destination: string
      readonly via: string
    }
  | {
      readonly kind: 'set-port'
      readonly name: string
      readonly hairpin?: boolean
      readonly isolated?: boolean
      /** On a bridge that is not ours: what it was has to be remembered, and put back by `destroy`. */
      readonly foreign?: boolean
    }

/** @public @since 0.1.0 */
export interface LinkChange extends Change {
  readonly operation: LinkOperation
}
