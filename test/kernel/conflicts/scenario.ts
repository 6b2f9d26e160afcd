import type { Backend } from '../../lab/backend.ts'
import type { ProbeProtocol } from '../../lab/probe.ts'

/**
 * A part of the host's foreign state. The file's order is kept, because the order in which chains are made can matter.
 */
export type Before =
  /** Text for `nft -f -`, or for one of the four `ip[6]tables-{nft,legacy}-restore --noflush`. */
  | { readonly kind: 'rules'; readonly tool: RuleTool; readonly text: string }
  /** A script for `sh -e` on the host. */
  | { readonly kind: 'script'; readonly text: string }
  /** A shell script in `hosts/NAME` that replaces a program which a remedy may call. */
  | { readonly kind: 'command'; readonly name: string; readonly text: string }
  /** A process that listens on the host. */
  | { readonly kind: 'listener'; readonly service: ForeignService; readonly address: string | null }
  /** A flow that begins now and continues. */
  | { readonly kind: 'flow'; readonly flow: OldFlow }
  /** A container of another engine, which answers with its name. */
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
  /** The name in the service's answers. */
  readonly answersAs: string
}

export interface ForeignContainer {
  readonly name: string
  readonly bridge: string
  /** The address with its prefix length. */
  readonly address: string
  readonly gateway: string
  readonly services: readonly ForeignService[]
}

/** An expected conflict. Its subject and the words of its culprit may contain `*`. */
export interface ExpectedConflict {
  readonly line: string
  readonly severity: string
  readonly certainty: string
  readonly kind: string
  readonly subject:
    | { readonly kind: 'mapping'; readonly label: string }
    | { readonly kind: 'network'; readonly name: string }
    | { readonly kind: 'host' }
  /** Tool, table, chain, position. Later words may be left out. */
  readonly culprit: readonly string[]
  /** Null: the line names no owner. */
  readonly owner: string | null
}

/** Rows of the contract that are expected to fail: all rows that contain these words (see live-row.ts). */
export interface ExpectedFailure {
  readonly words: readonly string[]
  /** `mended`: the rows are delivered after the remedies. */
  readonly afterRemedies: 'mended' | 'still'
}

/** A flow of another program. It works before `apply`, and also after it unless the line says that it is lost. */
export interface ForeignFlow {
  readonly from: string
  readonly destination: string
  readonly port: number
  readonly protocol: Exclude<ProbeProtocol, 'icmp'>
  readonly by: string
  readonly isLost: boolean
}

/** A flow that begins before apply. All its packets have the same source port. */
export interface OldFlow {
  readonly line: string
  readonly from: string
  readonly sourcePort: number
  readonly destination: string
  readonly port: number
  readonly protocol: Exclude<ProbeProtocol, 'icmp'>
  /** `nothing`: no machine answers. */
  readonly by: string
  /** The machine that answers at the end. */
  readonly atLast: string
  /**
   * True: the flow moves only when a conflict's remedy deletes it from connection tracking. False: `apply` moves it, or
   * it never moves.
   */
  readonly needsDeletion: boolean
}

/** One text file: the state of a host, the intent, the expected conflicts, and the expected live traffic. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly backends: readonly Backend[]
  /** The backends on which the scenario is played by default. */
  readonly sample: readonly Backend[]
  /** Options of `conflicts` and `apply`, such as `--no-sysctl`. */
  readonly options: readonly string[]
  readonly bridgeNf: 0 | 1
  /** True: forwarding is on before apply. */
  readonly forwards: boolean
  /** True: warnings that the file does not name are allowed, as long as their witnesses and remedies are right. */
  readonly allowsWarnings: boolean
  /**
   * True: the scenario is known to fail, for a reason that the file names. The test reports when it no longer fails.
   */
  readonly isKnownWrong: (backend: Backend) => boolean
  readonly before: readonly Before[]
  /** The text of a Compose file. */
  readonly intent: string
  readonly conflicts: (backend: Backend) => readonly ExpectedConflict[]
  readonly failures: (backend: Backend) => readonly ExpectedFailure[]
  readonly foreignFlows: readonly ForeignFlow[]
  readonly oldFlows: readonly OldFlow[]
}
