import type { Change } from './change.ts'

/**
 * One operation of a plan on interfaces and routes. Addresses are in CIDR form.
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
  /** Removes the host's end of an endpoint's veth pair; the other end goes with it. */
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
  /**
   * Sets or deletes a managed route to another host's block. Setting it replaces the managed route to that destination.
   */
  | {
      readonly kind: 'set-route' | 'delete-route'
      /** The interface by which the route leaves. */
      readonly name: string
      readonly destination: string
      readonly via: string
    }
  | {
      readonly kind: 'set-port'
      readonly name: string
      readonly hairpin?: boolean
      readonly isolated?: boolean
      /** The port is on a foreign bridge: its old value must be remembered, and `destroy` puts it back. */
      readonly foreign?: boolean
    }

/** @public @since 0.1.0 */
export interface LinkChange extends Change {
  readonly operation: LinkOperation
}
