import type { Family } from '@portolan/netfilter'
import type { EndpointIntent } from '../intent/index.ts'
import type { LeaseHolder, LeasingNetwork } from '../lease/index.ts'

/** A subnet that addresses are taken from. */
export interface AddressedSubnet {
  readonly subnet: string
  readonly gateway: string | null
}

/** A network of any kind whose subnets are settled. */
export interface AddressedNetwork {
  readonly name: string
  /** The network as leases name it. */
  readonly on: LeasingNetwork
  readonly ip: AddressedSubnet | null
  readonly ip6: AddressedSubnet | null
  readonly ipRange: { readonly ip: string | null; readonly ip6: string | null }
}

/** Joins a network's subnets with its name in leases, and with the ranges that its intent names. */
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

/** The subnet and the network in leases from which addresses of one family are taken. */
export interface AddressSource {
  readonly on: LeasingNetwork
  readonly family: Family
  readonly subnet: AddressedSubnet
  readonly ipRange: string | null
}

/** One endpoint's request for an address of one family. */
export interface AddressWish {
  readonly endpoint: EndpointIntent
  readonly from: AddressSource
  readonly holder: LeaseHolder
  /** A canonical address; null: any address. */
  readonly fixed: string | null
  readonly holderKey: string
}
