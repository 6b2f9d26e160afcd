import type { Family, Protocol } from '@portolan/netfilter'
import type { ParentedDriver } from '../intent/index.ts'

/**
 * A subnet, address or host port that belongs to a project until it is released. It survives the end of the process, a
 * reboot, and the loss of the host's rules.
 * @public @since 0.1.0
 */
export type Lease = LeasedSubnet | LeasedAddress | LeasedPort

/**
 * Says whether a plan took a lease, and so may release it.
 * @public @since 0.1.0
 */
export interface LeaseOrigin {
  /**
   * A plan took the lease. A later plan of the project releases it when the project no longer needs it. Absent: a call
   * of `acquireSubnet`, `acquireAddress` or `acquirePort` took it, or a version that did not note the taker. Then no
   * plan releases it.
   */
  readonly planned?: true
}

/**
 * A leased subnet, for one family of a network.
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
   * The subnet, as CIDR, that the network had before `portolan move`, or before its file named another one; null: none.
   * If the bridge still has it, the move was killed midway, and the next plan finishes it.
   */
  readonly movedFrom: string | null
  /** Facts of a network on an interface of the host; absent: the network has a bridge. */
  readonly parented?: LeasedParent
}

/**
 * The facts of a network on an interface of the host. No link on the host carries them, so `attach` reads them from
 * here. Other networks on the same wire, also of other projects, may have the same subnet.
 * @public @since 0.1.0
 */
export interface LeasedParent {
  readonly driver: ParentedDriver
  readonly parent: string
  readonly mtu: number | null
  /** The router on the wire; null: none is known, or the network is internal. */
  readonly router: string | null
  /** Only addresses inside this prefix are leased; null: any address of the subnet. */
  readonly ipRange: string | null
}

/**
 * A network of ours. Where `project` is null, it is a foreign bridge or interface, named by its interface name.
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
 * An address of an endpoint, with its MAC there. The lease is kept after its release. So the address goes back to its
 * holder if that returns, and goes to another holder only when nothing else is free.
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
  /** Null: the address is held. A number: its place in the order of releases. */
  readonly released: number | null
}

/**
 * The holder of an automatically chosen host port: one port for both families.
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
 * One lease before and after an operation; null: there is none.
 * @public @since 0.1.0
 */
export interface LeaseChange {
  /** The result of `leaseKey`. */
  readonly key: string
  readonly before: Lease | null
  readonly after: Lease | null
}
