export type {
  Config,
  Conflict,
  ConflictKind,
  Culprit,
  Intent,
  LeaseStore,
  NetworkOptions,
  Pool,
  Remedy,
  Runner,
  SubnetPlan,
  SubnetRequest,
} from '@portolan/core'
export {
  classicPool,
  intent,
  PoolExhaustedError,
  parsePool,
  planSubnets,
  readCompose,
} from '@portolan/core'
export { openLeaseStore, readHost } from '@portolan/host'
export type { HostFacts, Wording } from '@portolan/netfilter'
export {
  ApplyError,
  commandWording,
  InspectError,
  IntentError,
  InvalidRequestError,
  MissingToolError,
  ParseError,
  PermissionError,
  PortolanError,
  StaleStateError,
} from '@portolan/netfilter'
export { type ApplyOptions, apply } from './apply/apply.ts'
export type { Backend, BackendChoice } from './backend/backend.ts'
export { readConfig } from './config/read-config.ts'
export { type DestroyOptions, destroy, planDestroy } from './destroy/destroy.ts'
export type { Removal } from './destroy/plan-removal.ts'
export { type HostRules, noRules } from './host-rules/host-rules.ts'
export { lowerRules } from './host-rules/lower-rules.ts'
export type { LeaseOptions } from './leases/with-lease-store.ts'
export type { AttachedEndpoint } from './live/attachments/attach-endpoint.ts'
export type { AttachRequest, DetachOptions } from './live/attachments/attach-request.ts'
export type { LeftNetwork } from './live/left-behind/left-network.ts'
export type { LiveHost } from './live/live-host.ts'
export { type OpenHostOptions, openHost } from './live/open-host.ts'
export type { PublishRequest, UnpublishRequest } from './live/ports/publish-request.ts'
export type { Plan, PlanChange, PlannedAddress } from './plan/plan.ts'
export { plan } from './plan/plan-intent.ts'
export type { PlanOptions } from './plan/plan-options.ts'
export { type ScriptFormat, script } from './script/script.ts'
export type { HostStatus } from './status/status.ts'
export { planFromJson } from './stored/plan-from-json.ts'
export { version } from './version.ts'
export type { HostEvent } from './watch/host-event.ts'
