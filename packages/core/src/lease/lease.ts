import type { Family, Protocol } from '@portolan/netfilter'
import type { ParentedDriver } from '../intent/index.ts'

/**
 * Something that belongs to a project until it is released, whatever happens to the process, the host's rules or
 * the host.
 * @public @since 0.1.0
 */
export type Lease = LeasedSubnet | LeasedAddress | LeasedPort

/**
 * The party that may give a lease up.
 * @public @since 0.1.0
 */
export interface LeaseOrigin {
  /**
   * A plan took it, and a later plan of that project that has no use for it gives it up. Absent: taken by calling
   * `acquireSubnet`, `acquireAddress` or `acquirePort`, or by a version that did not note the taker; then no plan
   * gives it up.
   */
  readonly planned?: true
}

/**
 * The subnet of one family of a network.
 * @public @since 0.1.0
 */
export interface LeasedSubnet extends LeaseOrigin {
  readonly kind: 'subnet'
  readonly project: string
  readonly network: string
  readonly family: Family
  /** Canonical CIDR. */
  readonly subnet: string
  readonly gateway: string
  /**
   * The subnet that the network had before `portolan move`, or before its text named another one, as CIDR, or null. If the
   * bridge still has it, the move was killed on its way, and the next plan finishes it.
   */
  readonly movedFrom: string | null
  /** Of a network on an interface of the host; absent: the network has a bridge. */
  readonly parented?: LeasedParent
}

/**
 * What a network on an interface of the host is, for which no link of the host stands: `attach` knows it from here. Other
 * networks on the same wire, of other projects too, may have the same subnet.
 * @public @since 0.1.0
 */
export interface LeasedParent {
  readonly driver: ParentedDriver
  readonly parent: string
  readonly mtu: number | null
  /** The router on the wire; null: none is known, or the network is internal. */
  readonly router: string | null
  /** Addresses are handed out inside this prefix only; null: inside the subnet. */
  readonly ipRange: string | null
}

/**
 * A network of ours; or, where `project` is null, a bridge that is not ours, by its interface name.
 * @public @since 0.1.0
 */
export interface LeasingNetwork {
  readonly project: string | null
  readonly network: string
}

/**
 * One replica of one service of a project.
 * @public @since 0.1.0
 */
export interface LeaseHolder {
  readonly project: string
  readonly service: string
  /** Counts from 1. */
  readonly replica: number
}

/**
 * An address of an endpoint, with the MAC it has there. Kept after its release, so that it is handed to another
 * else only when nothing else is free, and back to its holder should it return.
 * @public @since 0.1.0
 */
export interface LeasedAddress extends LeaseOrigin {
  readonly kind: 'address'
  readonly on: LeasingNetwork
  readonly family: Family
  /** Canonical text. */
  readonly address: string
  readonly mac: string
  readonly holder: LeaseHolder
  /** Null while it is held; else its place in the order of releases. */
  readonly released: number | null
}

/**
 * Whose automatically chosen host port it is: one port for both families.
 * @public @since 0.1.0
 */
export interface PortHolder extends LeaseHolder {
  readonly network: string
  readonly containerPort: number
}

/**
 * A host port that was chosen because the mapping names none.
 * @public @since 0.1.0
 */
export interface LeasedPort extends LeaseOrigin {
  readonly kind: 'port'
  readonly protocol: Protocol
  readonly port: number
  readonly holder: PortHolder
}

/**
 * One lease before and after an operation; null where there is none.
 * @public @since 0.1.0
 */
export interface LeaseChange {
  /** As `leaseKey` gives it. */
  readonly key: string
  readonly before: Lease | null
  readonly after: Lease | null
}
