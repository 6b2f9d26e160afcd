import type { Family } from '@portolan/netfilter'
import type { EndpointIntent } from '../intent/index.ts'
import type { LeaseHolder, LeasingNetwork } from '../lease/index.ts'

/** A subnet that addresses are taken from. */
export interface AddressedSubnet {
  readonly subnet: string
  readonly gateway: string | null
}

/** A network with subnets settled, of whatever kind. */
export interface AddressedNetwork {
  readonly name: string
  /** The network's holder, as leases know it. */
  readonly on: LeasingNetwork
  readonly ip: AddressedSubnet | null
  readonly ip6: AddressedSubnet | null
  readonly ipRange: { readonly ip: string | null; readonly ip6: string | null }
}

/** A network with its leases, and the ranges that its intent names. */
export const addressed = (
  { name, ip, ip6 }: Pick<AddressedNetwork, 'name' | 'ip' | 'ip6'>,
  on: LeasingNetwork,
  intents: readonly Ranged[],
): AddressedNetwork => {
  const wanted = intents.find((intent) => intent.name === name)
  return {
    name,
    on,
    ip,
    ip6,
    ipRange: { ip: wanted?.ip?.ipRange ?? null, ip6: wanted?.ip6?.ipRange ?? null },
  }
}

interface Ranged {
  readonly name: string
  readonly ip: { readonly ipRange: string | null } | null
  readonly ip6: { readonly ipRange: string | null } | null
}

/** The subnet and the leases that the addresses of one family of a network are taken from. */
export interface AddressSource {
  readonly on: LeasingNetwork
  readonly family: Family
  readonly subnet: AddressedSubnet
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
