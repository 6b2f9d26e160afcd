import type { Backend } from '../../lab/backend.ts'
import type { ProbeProtocol } from '../../lab/probe.ts'

/** What makes the host's foreign state, in the order of the file: the order in which chains are made can matter. */
export type Before =
  /** Text for `nft -f -`, or for one of the four `ip[6]tables-{nft,legacy}-restore --noflush`. */
  | { readonly kind: 'rules'; readonly tool: RuleTool; readonly text: string }
  /** A script for `sh -e` on the host. */
  | { readonly kind: 'script'; readonly text: string }
  /** A stand-in for a program of the owner of some rules, which a remedy may call: `hosts/NAME`, a shell script. */
  | { readonly kind: 'command'; readonly name: string; readonly text: string }
  /** A process of the host that listens. */
  | { readonly kind: 'listener'; readonly service: ForeignService; readonly address: string | null }
  /** A flow that begins, and goes on. */
  | { readonly kind: 'flow'; readonly flow: OldFlow }
  /** A container of another engine, which answers by its name. */
  | { readonly kind: 'container'; readonly container: ForeignContainer }

export const ruleTools = [
  'nft',
  'iptables-nft',
  'ip6tables-nft',
  'iptables-legacy',
  'ip6tables-legacy',
] as const

export type RuleTool = (typeof ruleTools)[number]

export interface ForeignService {
  readonly protocol: Exclude<ProbeProtocol, 'icmp'>
  readonly port: number
  /** The name in its answers. */
  readonly answersAs: string
}

export interface ForeignContainer {
  readonly name: string
  readonly bridge: string
  /** With prefix length. */
  readonly address: string
  readonly gateway: string
  readonly services: readonly ForeignService[]
}

/** A conflict that has to be found. The subject and the culprit's words may hold `*`. */
export interface ExpectedConflict {
  readonly line: string
  readonly severity: string
  readonly certainty: string
  readonly kind: string
  readonly subject:
    | { readonly kind: 'mapping'; readonly label: string }
    | { readonly kind: 'network'; readonly name: string }
    | { readonly kind: 'host' }
  /** Tool, table, chain, position: as many as are written. */
  readonly culprit: readonly string[]
  /** Null: not said. */
  readonly owner: string | null
}

/** Rows of the contract that fail: those with all of these words (see live-row.ts). */
export interface ExpectedFailure {
  readonly words: readonly string[]
  /** `mended`: delivered once the remedies were carried out. */
  readonly afterRemedies: 'mended' | 'still'
}

/** A foreign flow. It works before `apply`, and after it unless the line says that it is lost. */
export interface ForeignFlow {
  readonly from: string
  readonly destination: string
  readonly port: number
  readonly protocol: Exclude<ProbeProtocol, 'icmp'>
  readonly by: string
  readonly isLost: boolean
}

/** A flow that is under way before we come, sent from one port all the time. */
export interface OldFlow {
  readonly line: string
  readonly from: string
  readonly sourcePort: number
  readonly destination: string
  readonly port: number
  readonly protocol: Exclude<ProbeProtocol, 'icmp'>
  /** `nothing`: not answered. */
  readonly by: string
  /** The machine that answers it in the end. */
  readonly atLast: string
  /** Only once the remedy of a conflict has it forgotten; else it is moved by `apply`, or not at all. */
  readonly isForgotten: boolean
}

/** One text file: what is on a host, what is wanted of it, what is wrong with that, and what live traffic says. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly backends: readonly Backend[]
  /** Those of them that it is played on unless all are asked for. */
  readonly sample: readonly Backend[]
  /** For `conflicts` and `apply`, such as `--no-sysctl`. */
  readonly options: readonly string[]
  readonly bridgeNf: 0 | 1
  /** Whether the host forwards before we come. */
  readonly forwards: boolean
  /** Warnings that the file does not name may be found, as long as their witnesses and remedies are right. */
  readonly allowsWarnings: boolean
  /** Known to fail, for a reason that the file names: it is noticed when it no longer does. */
  readonly isKnownWrong: (backend: Backend) => boolean
  readonly before: readonly Before[]
  /** A compose file. */
  readonly intent: string
  readonly conflicts: (backend: Backend) => readonly ExpectedConflict[]
  readonly failures: (backend: Backend) => readonly ExpectedFailure[]
  readonly foreignFlows: readonly ForeignFlow[]
  readonly oldFlows: readonly OldFlow[]
}
