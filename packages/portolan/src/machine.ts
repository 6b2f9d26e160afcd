/**
 * The parts of a simulated host, such as the fake host of a test. Nothing here loads native code, starts a process or
 * asks the kernel.
 */
export type { LinkOperation } from '@portolan/core'
export type {
  ClusterMemory,
  Conntrack,
  HostState,
  Journal,
  JournalChange,
  JournalFollower,
  Links,
  Listeners,
  Monitor,
  NamespaceReference,
  Namespaces,
  NetworkNamespace,
  Notice,
} from '@portolan/host'
export { type Batch, batches } from './apply/batches.ts'
export { hairpinAttribute } from './apply/hairpin-ports.ts'
export { isStale, type Observation } from './apply/is-stale.ts'
export { refuseLeftBehind } from './apply/refuse-left-behind.ts'
export { refuseStale } from './apply/refuse-stale.ts'
export { noteSysctl } from './apply/sysctl-notes.ts'
export { assumeBackend } from './backend/assume-backend.ts'
export { type Backend, type BackendChoice, backends } from './backend/backend.ts'
export { type DialectOf, dialects, type RulesByBackend, type RulesOf } from './backend/dialects.ts'
export { planRemoval, type Removal, type RemovalInput } from './destroy/plan-removal.ts'
export { refuseAttached } from './destroy/refuse-attached.ts'
export { type HostRules, noRules } from './host-rules/host-rules.ts'
export { lowerRules } from './host-rules/lower-rules.ts'
export { publishedPorts } from './host-rules/published-ports.ts'
export { giveLeasesBack, takeLeasesOf } from './leases/take-leases.ts'
export type { KeptNotes } from './live/left-behind/kept-notes.ts'
export type { LiveHost } from './live/live-host.ts'
export type { LiveMachine, Sysctls } from './live/live-machine.ts'
export { liveWording } from './live/live-wording.ts'
export { openHostOn } from './live/open-host-on.ts'
export type { HeldHost } from './live/rules/held-rules.ts'
export { notGuardedElsewhere } from './live/rules/not-guarded-elsewhere.ts'
export type { RuleSource } from './live/rules/rule-source.ts'
export { rulesElsewhere } from './live/rules/rules-elsewhere.ts'
export { type WantedState, wantedStateIn } from './live/wanted/wanted-state.ts'
export { backendOfPlan } from './plan/backend-of-plan.ts'
export { carriedOut } from './plan/carried-out.ts'
export { endpointNames } from './plan/endpoint-names.ts'
export { makePlan, type PlanInput } from './plan/make-plan.ts'
export type { Plan, PlanChange } from './plan/plan.ts'
export { type KnownHost, planInput } from './plan/plan-input.ts'
export type { PlanOptions } from './plan/plan-options.ts'
export type { HostStatus, ProjectConflict } from './status/status.ts'
export { conflictsOf, type StatusSource, statusOf } from './status/status-of.ts'
export { type Wish, wishIn } from './status/wish.ts'
export type { Clock } from './watch/clock.ts'
export type { HostEvent } from './watch/host-event.ts'
