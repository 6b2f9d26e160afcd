import type {
  AskedSource,
  Change,
  Conflict,
  ConflictKind,
  DesiredMapping,
  DesiredNetwork,
  DesiredOpening,
  DesiredParentedNetwork,
  DesiredRoute,
  DesiredTarget,
  IncompleteSearch,
  IntentNote,
  SubnetPlan,
} from '@portolan/core'
import { fixSchema, owedFlowsSchema } from '@portolan/host'
import {
  absentOr,
  address,
  addressOrNull,
  allOf,
  anything,
  exactly,
  family,
  flag,
  hostFactsSchema,
  listOf,
  namesTo,
  ofKind,
  oneOf,
  orNull,
  prefix,
  protocol,
  type Schema,
  text,
  textOrNull,
  texts,
  wholeNumber,
  wholeNumberOrNull,
} from '@portolan/netfilter/schema'
import type { Backend } from '../backend/backend.ts'
import type { FixOperation } from '../plan/fix-change.ts'
import type { PlanChange } from '../plan/plan.ts'
import { openingSchema } from './opening-schema.ts'
import { endpointSchema, parentedSchema } from './parented-schema.ts'
import type { CarriedChange, StoredParts } from './store-plan.ts'
import type { StoredRules } from './stored-rules.ts'
import { unproven } from './unproven.ts'

/** A plan as its JSON holds it. */
export interface StoredPlan {
  readonly project: string
  readonly backend: Backend
  readonly subnets: readonly (Omit<SubnetPlan, 'gateway'> & { readonly gateway: string | null })[]
  readonly networks: readonly DesiredNetwork[]
  readonly parented?: readonly DesiredParentedNetwork[]
  readonly mappings: readonly DesiredMapping[]
  readonly openings?: readonly DesiredOpening[]
  readonly routes?: readonly DesiredRoute[]
  readonly conflicts: readonly Conflict[]
  readonly incomplete?: readonly IncompleteSearch[]
  readonly changes: readonly (Change & { readonly part: PlanChange['part'] })[]
  readonly notes: readonly IntentNote[]
  readonly unread?: readonly string[]
  readonly stored: Omit<StoredParts, 'version'>
}

const backend = oneOf('nftables', 'iptables-nft', 'iptables-legacy')

const collision = {
  kind: oneOf('nameserver', 'route', 'address', 'network', 'lease', 'reserved', 'resolver', 'own', 'cluster'),
  overlaps: prefix,
  detail: text(),
}

const subnet = allOf({
  network: text(),
  family,
  subnet: prefix,
  gateway: addressOrNull,
  pool: textOrNull,
  origin: oneOf('picked', 'held', 'fixed'),
  rejected: listOf(allOf({ ...collision, candidate: prefix, candidates: wholeNumber })),
  overlaps: listOf(allOf({ ...collision, interface: textOrNull, owner: textOrNull })),
})

const desiredSubnet = allOf({
  subnet: prefix,
  gateway: addressOrNull,
  mode: oneOf('nat', 'routed', 'nat-unprotected', 'isolated'),
  masquerade: flag,
  unmasqueraded: absentOr(listOf(prefix)),
})

const route: Schema<DesiredRoute> = allOf({ destination: prefix, via: address, interface: text() })

const source: Schema<AskedSource> = ofKind<AskedSource['kind'], AskedSource>({
  interface: allOf({ kind: exactly('interface'), name: text() }),
  prefix: allOf({ kind: exactly('prefix'), prefix }),
  network: allOf({ kind: exactly('network'), network: text() }),
})

const network: Schema<DesiredNetwork> = allOf({
  name: text(),
  bridge: text(),
  external: flag,
  internal: flag,
  icc: flag,
  linked: absentOr(flag),
  asked: absentOr(allOf({ hostBinding: absentOr(address), reachableFrom: absentOr(listOf(source)) })),
  mtu: wholeNumberOrNull,
  ip: orNull(desiredSubnet),
  ip6: orNull(desiredSubnet),
})

const target: Schema<DesiredTarget> = allOf({
  service: text(),
  replica: wholeNumber,
  network: text(),
  address,
  port: wholeNumber,
  weight: wholeNumber,
})

/** The type asks for one target at least. `planFromJson` refuses an empty list. */
const targets = unproven<DesiredMapping['targets']>(listOf(target))

const mapping: Schema<DesiredMapping> = allOf({
  label: text(),
  family,
  protocol,
  kind: oneOf('nat', 'direct'),
  hostAddress: addressOrNull,
  hostPort: wholeNumber,
  interface: textOrNull,
  allowFrom: orNull(listOf(prefix)),
  targets,
})

/** Every kind of conflict. The compiler reports a new kind that is missing here. */
const conflictKinds: Readonly<Record<ConflictKind, true>> = {
  DuplicateHostPort: true,
  OverlappingHostPort: true,
  HostPortTaken: true,
  LoopbackUnreachable: true,
  PortInEphemeralRange: true,
  StaleConntrack: true,
  BridgeNameTaken: true,
  BridgeDown: true,
  SubnetOverlap: true,
  IccForIpOnly: true,
  IccUnenforceable: true,
  LinkUndeliverable: true,
  NetworkInUse: true,
  ParentDown: true,
  ParentUnusable: true,
  BlockRouteTaken: true,
  HostBecomesRouter: true,
  NeighbourDiscoveryDropped: true,
  RouterAdvertisementsLost: true,
  DnatShadowed: true,
  DnatShadows: true,
  PreroutingDropped: true,
  OutputDropped: true,
  ForwardDropped: true,
  ReplyDropped: true,
  Notrack: true,
  SourceRewritten: true,
  MasqueradeMissing: true,
  OrderUndetermined: true,
  EgressDropped: true,
  NetworkDropped: true,
  Bypassed: true,
  ForwardingDisabled: true,
  ReversePathFilterStrict: true,
  RouteLocalnetDisabled: true,
}

const anObject = namesTo(anything)

/** Which keys are null depends on the kind. The schema does not say so: `apply` does nothing that a conflict says. */
const conflict: Schema<unknown> = allOf({
  kind: oneOf(...(Object.keys(conflictKinds) as ConflictKind[])),
  severity: oneOf('error', 'warning', 'info'),
  certainty: oneOf('certain', 'possible'),
  mapping: textOrNull,
  network: textOrNull,
  published: orNull(
    allOf({
      project: text(),
      family,
      protocol,
      mode: oneOf('nat', 'direct'),
      hostAddress: addressOrNull,
      hostPort: wholeNumber,
      interface: textOrNull,
      targets: listOf(target),
    }),
  ),
  message: text(),
  witness: orNull(anObject),
  culprit: orNull(allOf({ tool: text(), text: text(), owner: textOrNull })),
  remedy: allOf({ text: text(), commands: texts }),
  trace: listOf(allOf({ hook: text(), tool: text(), rule: text(), verdict: text() })),
})

const place = allOf({ source: text(), line: wholeNumber, column: wholeNumber })

const tables: Schema<StoredRules['iptables-nft']> = allOf({
  tables: listOf(allOf({ family, text: text() })),
  trailer: texts,
})

const rules: Schema<StoredRules> = allOf({
  nftables: text(),
  programs: namesTo(text()),
  'iptables-nft': tables,
  'iptables-legacy': tables,
  unread: texts,
  hidden: absentOr(listOf(family)),
  incomplete: absentOr(listOf(backend)),
})

/** `planFromJson` checks each lease with `parseLease`, as a store does, so they are `anything` here. */
const leases: Schema<unknown> = allOf({
  changes: listOf(allOf({ key: text(), before: anything, after: anything })),
  kept: listOf(anything),
  tolerated: texts,
})

/** The part of a stored plan that gives its version, in any version. */
export const numberedPlan: Schema<{ readonly stored: { readonly version: number } }> = allOf({
  stored: allOf({ version: wholeNumber }),
})

export const storedPlanSchema: Schema<StoredPlan> = allOf({
  project: text(),
  backend,
  subnets: listOf(subnet),
  networks: listOf(network),
  parented: absentOr(listOf(parentedSchema)),
  mappings: listOf(mapping),
  openings: absentOr(listOf(openingSchema)),
  routes: absentOr(listOf(route)),
  conflicts: listOf(unproven<Conflict>(conflict)),
  incomplete: absentOr(
    listOf(allOf({ mapping: textOrNull, network: textOrNull, what: text(), why: text() })),
  ),
  changes: listOf(
    allOf({
      action: oneOf('add', 'change', 'remove'),
      object: text(),
      description: text(),
      before: textOrNull,
      after: textOrNull,
      reverse: text(),
      part: oneOf(
        'nftables',
        'iptables-nft',
        'iptables-legacy',
        'link',
        'sysctl',
        'fix',
        'conntrack',
        'lease',
      ),
    }),
  ),
  notes: listOf(allOf({ text: text(), place: orNull(place) })),
  unread: absentOr(texts),
  stored: allOf({
    endpoints: listOf(endpointSchema),
    guardForwarding: flag,
    gateways: listOf(address),
    leases: orNull(unproven<NonNullable<StoredParts['leases']>>(leases)),
    operations: namesTo(anything),
    setsSysctls: flag,
    facts: hostFactsSchema,
    rules,
  }),
})

/** Operations that do not follow from the rest of a plan, by the part of their change. */
export const operationSchemas: {
  readonly [Part in CarriedChange['part']]: Schema<Extract<CarriedChange, { part: Part }>['operation']>
} = {
  fix: ofKind<FixOperation['kind'], FixOperation>({
    ask: allOf({
      kind: exactly('ask'),
      fix: fixSchema,
      known: flag,
      only: absentOr(listOf(listOf(text()))),
    }),
    'take-back': allOf({ kind: exactly('take-back'), fix: fixSchema }),
  }),
  conntrack: allOf({ kind: exactly('forget-flows'), due: owedFlowsSchema, noted: owedFlowsSchema }),
  lease: allOf({ kind: exactly('release-lease'), key: text() }),
}
