import type {
  Advice,
  Family,
  ManagedPart,
  Packet,
  Protocol,
  TableFamily,
  TraceEntry,
} from '@portolan/netfilter'
import type { DesiredMapping, DesiredTarget } from '../contract/index.ts'
import type { HookNeed } from './remedy/hook-need.ts'

/**
 * A reason why a mapping or network does not meet the reachability contract, with its remedy. A conflict is a value,
 * not an exception. Each kind has a small file with its name, words and remedy.
 * @example
 * const facts: HostFacts = { sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'caddy' }] }
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts, rules: null, backend: 'nftables' })
 * const inTheWay = (conflict: Conflict): string =>
 *   conflict.mapping === null ? conflict.kind : `${conflict.kind} of host port ${conflict.published.hostPort}`
 * p.conflicts.map(inTheWay)[0] // 'HostPortTaken of host port 8080'
 * @public @since 0.1.0
 */
export type Conflict = MappingConflict | NetworkConflict | HostConflict

/** The fields of every conflict. */
interface ConflictBase {
  /**
   * `error`: a whole row of the contract fails, or a working service of another program breaks. `warning`: only some
   * sources are affected. `info`: worth knowing. Only errors block.
   */
  readonly severity: 'error' | 'warning' | 'info'
  readonly certainty: 'certain' | 'possible'
  /** What is wrong and why, in a sentence or two. */
  readonly message: string
  /** One concrete packet that shows the conflict, as `evaluate` takes it; null: no packet is at fault. */
  readonly witness: Packet | null
  /** The cause; null: the intent itself is the cause. */
  readonly culprit: Culprit | null
  readonly remedy: Remedy
  /** The subnet or block that the conflict is about, CIDR. Absent: it is not about a single one. */
  readonly prefix?: string
  /** Everything that acted on the witness, in order. */
  readonly trace: readonly TraceEntry[]
}

/**
 * A conflict of one mapping. `mapping` is its label, `published` the mapping itself.
 * @public @since 0.1.0
 */
export interface MappingConflict extends ConflictBase {
  readonly kind: MappingConflictKind | RuleConflictKind
  readonly mapping: string
  readonly network: null
  readonly published: ConflictMapping
}

/**
 * A conflict of one network.
 * @public @since 0.1.0
 */
export interface NetworkConflict extends ConflictBase {
  readonly kind: NetworkConflictKind | RuleConflictKind
  readonly mapping: null
  readonly network: string
  readonly published: null
}

/**
 * A conflict of the whole host.
 * @public @since 0.1.0
 */
export interface HostConflict extends ConflictBase {
  readonly kind: HostConflictKind
  readonly mapping: null
  readonly network: null
  readonly published: null
}

/**
 * The mapping that a conflict is about, as data.
 * @public @since 0.1.0
 */
export interface ConflictMapping {
  readonly project: string
  readonly family: Family
  readonly protocol: Protocol
  /** `nat`: a host port is translated. `direct`: the container's own port is opened. */
  readonly mode: 'nat' | 'direct'
  /** Null: every address of the host. */
  readonly hostAddress: string | null
  readonly hostPort: number
  /** Null: any interface. */
  readonly interface: string | null
  /** The service, network, address and port of each container that the mapping leads to. */
  readonly targets: readonly [DesiredTarget, ...DesiredTarget[]]
}

type MappingConflictKind =
  | 'DuplicateHostPort'
  | 'OverlappingHostPort'
  | 'HostPortTaken'
  | 'LoopbackUnreachable'
  | 'PortInEphemeralRange'
  | 'StaleConntrack'

type NetworkConflictKind =
  | 'BridgeNameTaken'
  | 'BridgeDown'
  | 'SubnetOverlap'
  | 'IccForIpOnly'
  | 'IccUnenforceable'
  | 'LinkUndeliverable'
  | 'NetworkInUse'
  | 'ParentDown'
  | 'ParentUnusable'

type HostConflictKind =
  | 'BlockRouteTaken'
  | 'ForwardingDisabled'
  | 'HostBecomesRouter'
  | 'NeighbourDiscoveryDropped'
  | 'RouterAdvertisementsLost'

/**
 * The kinds that rules, routes and sysctls cause. `EgressDropped` and `NetworkDropped` concern networks, `DnatShadows`
 * concerns mappings, the others concern either.
 */
type RuleConflictKind =
  | 'DnatShadowed'
  | 'DnatShadows'
  | 'PreroutingDropped'
  | 'OutputDropped'
  | 'ForwardDropped'
  | 'ReplyDropped'
  | 'Notrack'
  | 'SourceRewritten'
  | 'MasqueradeMissing'
  | 'OrderUndetermined'
  | 'EgressDropped'
  | 'NetworkDropped'
  | 'Bypassed'
  | 'ForwardingDisabled'
  | 'ReversePathFilterStrict'
  | 'RouteLocalnetDisabled'

/**
 * The name of a kind of conflict.
 * @example
 * const expected: readonly ConflictKind[] = ['HostBecomesRouter', 'PortInEphemeralRange']
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables' })
 * p.conflicts.filter(({ kind }) => !expected.includes(kind)) // []
 * @public @since 0.1.0
 */
export type ConflictKind = Conflict['kind']

/**
 * The thing on the host that causes a conflict. Its `text` is something a person can search the host for. `table`,
 * `chain` and `position` are null if it is neither a rule nor a policy.
 * @example
 * const facts: HostFacts = { sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'caddy' }] }
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts, rules: null, backend: 'nftables' })
 * const nameOf = ({ tool, text, owner }: Culprit): string => `${tool} ${text} of ${owner}`
 * p.conflicts.map(({ culprit }) => (culprit === null ? '' : nameOf(culprit)))[0] // 'socket 0.0.0.0:8080/tcp of caddy'
 * @public @since 0.1.0
 */
export interface Culprit {
  /** `nft`, `iptables-nft`, `iptables-legacy`, `kernel`, `conntrack`, `socket`, `sysctl`, `route`, `address`, `portolan`, ... */
  readonly tool: string
  /** The family of the table; null: the culprit is neither a rule nor a policy. */
  readonly family: TableFamily | null
  readonly table: string | null
  readonly chain: string | null
  /** The place of a rule in its chain, from 1, or `policy`; null: the culprit is neither a rule nor a policy. */
  readonly position: string | number | null
  /** The handle of a rule of nftables; null: there is none. */
  readonly handle: number | null
  readonly text: string
  /**
   * The maker of the culprit: an engine, a process, a project. For an address or route, its interface. Null: not known.
   */
  readonly owner: string | null
  /** The mapping or network that a managed rule is for. Absent: it is for no single one, or the rule is foreign. */
  readonly managed?: ManagedPart
  /** The packets that the rule has met so far; null: they are not counted. */
  readonly counters: { readonly packets: number; readonly bytes: number } | null
}

/**
 * The fields of a conflict that name its mapping.
 * @internal
 */
export const aboutMapping = (
  project: string,
  { label, family, protocol, kind: mode, hostAddress, hostPort, interface: name, targets }: DesiredMapping,
): Pick<MappingConflict, 'mapping' | 'network' | 'published'> => ({
  mapping: label,
  network: null,
  published: { project, family, protocol, mode, hostAddress, hostPort, interface: name, targets },
})

/**
 * The fields of a conflict that name its network.
 * @internal
 */
export const aboutNetwork = (
  network: string,
): Pick<NetworkConflict, 'mapping' | 'network' | 'published'> => ({ mapping: null, network, published: null })

/**
 * The fields of a conflict about the whole host.
 * @internal
 */
export const aboutHost: Pick<HostConflict, 'mapping' | 'network' | 'published'> = {
  mapping: null,
  network: null,
  published: null,
}

/**
 * Makes a culprit that is not a rule.
 * @internal
 */
export const culpritOutsideRules = (tool: string, text: string, owner: string | null = null): Culprit => ({
  tool,
  family: null,
  table: null,
  chain: null,
  position: null,
  handle: null,
  text,
  owner,
  counters: null,
})

/**
 * What to do about a conflict.
 * @example
 * const facts: HostFacts = { sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'caddy' }] }
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts, rules: null, backend: 'nftables' })
 * const inWords = ({ text, commands }: Remedy): string => [text, ...commands].join('\n')
 * p.conflicts.map(({ remedy }) => inWords(remedy))[0]
 * // 'Publish on another host port or on another host address, or stop caddy first.'
 * @public @since 0.1.0
 */
export interface Remedy extends Advice {
  /** A way that the owner documents for its users, so that `apply --fix` may take it. Absent: there is none. */
  readonly hook?: RemedyHook
}

/**
 * A documented way to let packets pass, and the way back, each as commands split into words.
 * @public @since 0.1.0
 */
export interface RemedyHook {
  /** `DOCKER-USER`, `ufw`, `firewalld`. */
  readonly name: string
  readonly commands: readonly (readonly string[])[]
  readonly undo: readonly (readonly string[])[]
  /** The mappings and networks that need the way. When the last of them goes, the way may be taken back. */
  readonly need: HookNeed
}
