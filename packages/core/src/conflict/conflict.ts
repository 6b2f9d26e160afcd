import type { Advice, ManagedPart, Packet, TableFamily, TraceEntry } from '@portolan/netfilter'
import type { HookNeed } from './remedy/hook-need.ts'

/**
 * What keeps a mapping (or a network) from meeting the reachability contract, and what to do about it. A value,
 * never an exception. One small file per kind names, words and remedies it.
 * @example
 * const facts: HostFacts = { sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'caddy' }] }
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts, rules: null, backend: 'nftables' })
 * const inTheWay = ({ kind, mapping }: Conflict): string => `${kind} ${mapping}`
 * p.conflicts.map(inTheWay)[0] // 'HostPortTaken 0.0.0.0:8080/tcp -> web:80'
 * @public @since 0.1.0
 */
export interface Conflict {
  readonly kind: ConflictKind
  /**
   * `error`: a whole row of the contract fails, or a working service of another program breaks. `warning`: only some
   * sources are affected. `info`: worth knowing. Only errors block.
   */
  readonly severity: 'error' | 'warning' | 'info'
  readonly certainty: 'certain' | 'possible'
  /** The label of the mapping; null when it concerns a network or the host. */
  readonly mapping: string | null
  readonly network: string | null
  /** What is wrong and why, in a sentence or two. */
  readonly message: string
  /** One concrete packet that shows it, as `evaluate` takes it; null where no packet is at fault. */
  readonly witness: Packet | null
  /** What causes it; null when it is the intent itself. */
  readonly culprit: Culprit | null
  readonly remedy: Remedy
  /** What acted on the witness, first thing first. */
  readonly trace: readonly TraceEntry[]
}

/**
 * @example
 * const expected: readonly ConflictKind[] = ['HostBecomesRouter', 'PortInEphemeralRange']
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables' })
 * p.conflicts.filter(({ kind }) => !expected.includes(kind)) // []
 * @public @since 0.1.0
 */
export type ConflictKind =
  | 'DuplicateHostPort'
  | 'OverlappingHostPort'
  | 'HostPortTaken'
  | 'BridgeNameTaken'
  | 'BridgeDown'
  | 'SubnetOverlap'
  | 'ForwardingDisabled'
  | 'RouteLocalnetDisabled'
  | 'HostBecomesRouter'
  | 'RouterAdvertisementsLost'
  | 'ReversePathFilterStrict'
  | 'LoopbackUnreachable'
  | 'IccForIpOnly'
  | 'IccUnenforceable'
  | 'NetworkInUse'
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
  | 'PortInEphemeralRange'
  | 'StaleConntrack'

/**
 * The thing on the host that causes a conflict. Always with a `text` a person can search the host for; `table`,
 * `chain` and `position` are null for what is not a rule.
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
  /** Of a rule: the family of its table. */
  readonly family: TableFamily | null
  readonly table: string | null
  readonly chain: string | null
  /** The place of a rule in its chain, from 1; `policy`. */
  readonly position: string | number | null
  /** Of a rule of nftables. */
  readonly handle: number | null
  readonly text: string
  /** What made it, where that is known: an engine, a process, a project; of an address or a route, its interface. */
  readonly owner: string | null
  /** Of a managed rule: the mapping or network that it is for. */
  readonly managed?: ManagedPart
  /** What the rule has met so far, where its tool counts. */
  readonly counters: { readonly packets: number; readonly bytes: number } | null
}

/**
 * A culprit that is no rule.
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
  /** A way that the owner documents for its users, so that `apply --fix` may take it; absent where there is none. */
  readonly hook?: RemedyHook
}

/**
 * A documented way to let packets pass, and the way back, as the words of programs.
 * @public @since 0.1.0
 */
export interface RemedyHook {
  /** `DOCKER-USER`, `ufw`, `firewalld`. */
  readonly name: string
  readonly commands: readonly (readonly string[])[]
  readonly undo: readonly (readonly string[])[]
  /** The mappings and networks that need it: with the last of them it may be taken back. */
  readonly need: HookNeed
}
