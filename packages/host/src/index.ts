export * from './cluster/applied-text-file.ts'
export { type ClusterMemory, openClusterMemory } from './cluster/cluster-memory.ts'
export { type RememberedMember, readMember, writeMember } from './cluster/member-file.ts'
export { readNeighbours, writeNeighbours } from './cluster/neighbours-file.ts'
export * from './cluster/read-held-blocks.ts'
export { type MemberSince, readMemberSince, seenLast } from './cluster/read-member-since.ts'
export { noteRouteHolder, otherRouteHolder, withRouteHolder } from './cluster/route-holder.ts'
export * from './conntrack/conntrack.ts'
export {
  accountsFlows,
  countFlows,
  type FlowCount,
} from './conntrack/count-flows.ts'
export type { CountedSocket } from './conntrack/counted-socket.ts'
export * from './conntrack/flow-meter.ts'
export type { FlowTotal } from './conntrack/flow-totals.ts'
export * from './conntrack/forget-flows.ts'
export type { MappedFlows } from './conntrack/mapped-flows.ts'
export { readFlows } from './conntrack/read-flows.ts'
export type { UntranslatedFlows } from './conntrack/untranslated-flows.ts'
export { readDockerNetworks } from './engines/read-engine-networks.ts'
export * from './facts/listeners.ts'
export { readMachineId } from './facts/machine-id.ts'
export * from './facts/read-host.ts'
export { ownHome } from './home/own-home.ts'
export type { Journal, JournalFollower } from './journal/journal.ts'
export { openJournal } from './journal/open-journal.ts'
export type { JournalChange, JournalWriter } from './journal/record.ts'
export { openLeaseStore } from './lease-store/open-lease-store.ts'
export { leaseStoreIdentity, leaseStoreStamp } from './lease-store/store-identity.ts'
export * from './links/link-operations.ts'
export * from './links/link-spec.ts'
export * from './links/links.ts'
export * from './links/open-links.ts'
export { type HeldBack, heldBackNow, noteHeldBack } from './lock/held-back.ts'
export type { LockHolder } from './lock/lock-holder.ts'
export { holdMember, type MemberHold } from './lock/member-lock.ts'
export {
  holdProject,
  type Kept,
  noteWatch,
  type OwnHold,
  type ProjectHold,
  type Watcher,
  watchersOf,
} from './lock/watch-locks.ts'
export { noteWatchedText, type WatchedText, watchedTexts } from './lock/watched-text.ts'
export * from './lock/with-host-lock.ts'
export { requireXtablesLock } from './lock/xtables-lock.ts'
export * from './monitor/notice.ts'
export { type Monitor, type MonitorOptions, openMonitor } from './monitor/open-monitor.ts'
export type { LegacyPolling } from './monitor/poll-legacy.ts'
export * from './namespace/network-namespace.ts'
export { openNamespaces } from './namespace/open-namespaces.ts'
export { type PeerInside, readPeers } from './namespace/read-peers.ts'
export * from './netlink/open-netlink-socket.ts'
export * from './privilege/may-change-network.ts'
export * from './runner/create-runner.ts'
export * from './runner/where-runs.ts'
export { chainedPortsFolder, forgetChainedPorts, noteChainedPorts } from './state/chained-ports.ts'
export {
  type CreatedTable,
  emptyState,
  type Fix,
  type HostState,
  type ValueGiven,
} from './state/host-state.ts'
export { noFlows, type OwedFlows } from './state/owed-flows.ts'
export { type PlaceFault, unsafeDirectory } from './state/safe-place.ts'
export * from './state/state-file.ts'

export { fixSchema, owedFlowsSchema } from './state/state-schema.ts'
export { readSysctlSettings, type SysctlSettings } from './sysctl/read-settings.ts'

export * from './sysctl/sysctl.ts'
export { afterSilence } from './turn/after-silence.ts'
