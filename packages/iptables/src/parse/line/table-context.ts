import type { Family } from '@portolan/netfilter'
import type { Match } from '../../model/option/match.ts'
import type { Target } from '../../model/option/target.ts'
import type { Reading } from './extension.ts'
import type { ParseOptions } from './parse-options.ts'

/** What stands from one option of iptables itself to the next, understood. */
export interface Segment {
  /** The order of iptables-save: conditions, then modules, then the target. */
  readonly rank: number
  readonly match: Match | null
  readonly target: Target | null
  /** What `-p` is from here on; undefined where this says nothing of it. */
  readonly protocol: string | null | undefined
  /** What `-p` has to be. */
  readonly protocols: readonly string[] | null
}

/** What `-p` says: `!udp` is anything but UDP. */
export const protocolOf = (match: Match | null): string | null =>
  match?.kind === 'protocol' ? `${match.negated ? '!' : ''}${match.protocol}` : null

/** After the conditions, which are 0 to 5. */
export const ranks = { module: 6, target: 7 } as const

export const says = (rank: number, match: Match | null): Segment => ({
  rank,
  match,
  target: null,
  protocol: undefined,
  protocols: null,
})

/** What was read before, by its text: rulesets say the same things over and over. */
export interface Memory {
  /** Null: not in the form of iptables-save. */
  readonly segments: Map<string, Segment | null>
  readonly matches: Map<string, Reading<Match>>
  readonly targets: Map<string, Reading<Target>>
}

/** What the lines of one table have in common. */
export interface TableContext {
  readonly source: string
  readonly family: Family
  /** The chains that the text declares in this table, also further down. */
  readonly chains: ReadonlySet<string>
  readonly onUnknown: ParseOptions['onUnknown']
  readonly memory: Memory
}

export const tableContext = (context: Omit<TableContext, 'memory'>): TableContext => ({
  ...context,
  memory: { segments: new Map(), matches: new Map(), targets: new Map() },
})
