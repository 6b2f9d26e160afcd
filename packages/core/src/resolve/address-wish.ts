import type { Family } from '@portolan/netfilter'
import type { DesiredSubnet } from '../contract/desired-state.ts'
import type { EndpointIntent } from '../intent/index.ts'
import type { LeaseHolder, LeasingNetwork } from '../lease/index.ts'

/** The subnet and the leases that the addresses of one family of a network are taken from. */
export interface AddressSource {
  readonly on: LeasingNetwork
  readonly family: Family
  readonly subnet: DesiredSubnet
  readonly ipRange: string | null
}

/** One endpoint's wish for an address of one family. */
export interface AddressWish {
  readonly endpoint: EndpointIntent
  readonly from: AddressSource
  readonly holder: LeaseHolder
  /** Canonical; null: any. */
  readonly fixed: string | null
  readonly holderKey: string
}
