export * from './block/index.ts'
export * from './config/index.ts'
export {
  type Conflict,
  type ConflictKind,
  type ConflictMapping,
  type ConflictSearch,
  type Culprit,
  findConflicts,
  type HookNeed,
  type HostConflict,
  type IncompleteSearch,
  isHookCommand,
  isNeeded,
  type MappingConflict,
  type NetworkConflict,
  type Remedy,
  type RemedyHook,
  searchConflicts,
  unsettledNetworks,
} from './conflict/index.ts'
export type { AskedNetwork, AskedSource } from './contract/asked-network.ts'
export * from './contract/bridge-alias.ts'
export * from './contract/bridge-name.ts'
export { bridgeNetwork, type OwnedNetwork } from './contract/bridge-network.ts'
export * from './contract/check-desired.ts'
export * from './contract/check-inside-name.ts'
export * from './contract/desired-endpoint.ts'
export * from './contract/desired-parented-network.ts'
export * from './contract/desired-state.ts'
export * from './contract/endpoint-addresses.ts'
export * from './contract/endpoint-alias.ts'
export { type IccKeeper, iccKeeper } from './contract/icc-keeper.ts'
export { replicaName } from './contract/mapping-label.ts'
export { openingsOf } from './contract/openings.ts'
export { outwardInterfaces } from './contract/outward-interfaces.ts'
export * from './contract/own-addresses.ts'
export * from './contract/packets-of-desired.ts'
export * from './contract/published-port.ts'
export * from './contract/reach.ts'
export * from './contract/vlan-link.ts'
export * from './dialect/index.ts'
export * from './engine/index.ts'
export * from './intent/index.ts'
export * from './lease/index.ts'
export * from './picture/index.ts'
export * from './plan/change.ts'
export * from './plan/delete-endpoint.ts'
export * from './plan/diff-links.ts'
export * from './plan/diff-sysctls.ts'
export { deleteVlan } from './plan/diff-vlans.ts'
export * from './plan/find-icc-unenforceable.ts'
export * from './plan/forwarding-sysctls.ts'
export * from './plan/host-lack.ts'
export * from './plan/link-change.ts'
export * from './plan/mending.ts'
export * from './plan/netlink-socket.ts'
export * from './plan/program-end.ts'
export * from './plan/refusal-remedies.ts'
export * from './plan/runner.ts'
export * from './plan/sysctl-change.ts'
export * from './pool/index.ts'
export * from './reliance/index.ts'
export * from './resolve/index.ts'
export { blockRouteProtocol, type Neighboured, withNeighbours } from './route/index.ts'
