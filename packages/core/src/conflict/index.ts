export * from './bridge-name-taken.ts'
export * from './conflict.ts'
export * from './duplicate-host-port.ts'
export { findConflicts, searchConflicts } from './find-conflicts.ts'
export * from './find-host-port-taken.ts'
export * from './find-network-in-use.ts'
export {
  type ConflictSearch,
  findRuleConflicts,
  type RuleConflictOptions,
  searchRules,
} from './find-rule-conflicts.ts'
export { findStaleConntrack } from './find-stale-conntrack.ts'
export * from './host-becomes-router.ts'
export * from './host-port-taken.ts'
export * from './icc-for-ip-only.ts'
export * from './icc-unenforceable.ts'
export type { IncompleteSearch } from './incomplete-search.ts'
export * from './loopback-unreachable.ts'
export * from './network-in-use.ts'
export * from './overlapping-host-port.ts'
export { findPortsInEphemeralRange } from './port-in-ephemeral-range.ts'
export { isHookCommand } from './remedy/hook-command.ts'
export { type HookNeed, isNeeded } from './remedy/hook-need.ts'
export { shellLine, shellWord } from './remedy/shell-word.ts'
export * from './router-advertisements-lost.ts'
export * from './subnet-overlap.ts'
export * from './sysctl-disabled.ts'
export { unsettledNetworks } from './unsettled-networks.ts'
