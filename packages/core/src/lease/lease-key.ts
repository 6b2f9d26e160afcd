import type { Family, Protocol } from '@portolan/netfilter'
import type { Lease, LeaseHolder, LeasingNetwork, PortHolder } from './lease.ts'

/** Encodes a slash in a name, because slashes separate the names of a key. Plain names skip this: ten times as fast. */
const encode = (part: string | number): string =>
  typeof part === 'number' ? String(part) : /^[\w.-]*$/.test(part) ? part : encodeURIComponent(part)

const path = (...parts: readonly (string | number)[]): string => parts.map(encode).join('/')

/**
 * The text with which the keys of a network's addresses begin, for one family. An empty project stands for a foreign
 * bridge or interface.
 */
export const addressSpace = ({ project, network }: LeasingNetwork, family: Family): string =>
  `${path(project ?? '', network, family)}/`

export const addressKey = (on: LeasingNetwork, family: Family, address: string): string =>
  `address/${addressSpace(on, family)}${address}`

export const portKey = (protocol: Protocol, port: number): string => path('port', protocol, port)

export const subnetKey = (project: string, network: string, family: Family): string =>
  path('subnet', project, network, family)

/**
 * Names the leased thing as a text. No two leases have the same key, so nothing is leased twice.
 *
 * @example
 * leaseKey({ kind: 'port', protocol: 'tcp', port: 32768, holder }) // 'port/tcp/32768'
 * @public @since 0.1.0
 */
export const leaseKey = (lease: Lease): string => {
  switch (lease.kind) {
    case 'subnet':
      return subnetKey(lease.project, lease.network, lease.family)
    case 'address':
      return addressKey(lease.on, lease.family, lease.address)
    case 'port':
      return portKey(lease.protocol, lease.port)
  }
}

export const addressHolderKey = (
  on: LeasingNetwork,
  family: Family,
  { project, service, replica }: LeaseHolder,
): string => `address/${addressSpace(on, family)}${path(project, service, replica)}`

export const portHolderKey = (
  protocol: Protocol,
  { project, service, replica, network, containerPort }: PortHolder,
): string => path('port', protocol, project, service, replica, network, containerPort)

/** Names the holder as a text; null for a subnet, whose key already names its network. */
export const holderKey = (lease: Lease): string | null => {
  switch (lease.kind) {
    case 'subnet':
      return null
    case 'address':
      return addressHolderKey(lease.on, lease.family, lease.holder)
    case 'port':
      return portHolderKey(lease.protocol, lease.holder)
  }
}
