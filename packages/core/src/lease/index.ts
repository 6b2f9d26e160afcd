export { type AddressRequest, acquireAddress } from './acquire-address.ts'
export { acquirePort, type PortRequest } from './acquire-port.ts'
export { acquireSubnet, leasedSubnets } from './acquire-subnet.ts'
export type { AddressSearch } from './address-search.ts'
export * from './commit-leases.ts'
export { type AddressCount, countAddresses } from './count-addresses.ts'
export * from './lease.ts'
export { leaseKey } from './lease-key.ts'
export {
  emptyLeases,
  findLease,
  type LeaseState,
  type LeaseStep,
  leaseState,
  listLeases,
  withLease,
} from './lease-state.ts'
export * from './lease-store.ts'
export * from './memory-lease-store.ts'
export * from './parse-lease.ts'
export { releaseLease, releaseProject } from './release.ts'
export * from './revert-leases.ts'
