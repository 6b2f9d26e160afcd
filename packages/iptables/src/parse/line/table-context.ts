import type { Family } from '@portolan/netfilter'
import type { Match } from '../../model/option/match.ts'
import type { Target } from '../../model/option/target.ts'
import type { Reading } from './extension.ts'
import type { ParseOptions } from './parse-options.ts'

/** The part of a rule from one option of iptables itself to the next, understood. */
export interface Segment {
  /** The position in the order of iptables-save: conditions, then modules, then the target. */
  readonly rank: number
  readonly match: Match | null
  readonly target: Target | null
  /** The protocol of `-p` from here on; undefined: this segment does not set it. */
  readonly protocol: string | null | undefined
  /** The protocols of which `-p` must name one; null: any. */
  readonly protocols: readonly string[] | null
}

/** The protocol of a `-p` match; `!udp` stands for anything but UDP. */
export const protocolOf = (match: Match | null): string | null =>
  match?.kind === 'protocol' ? `${match.negated ? '!' : ''}${match.protocol}` : null

/** The ranks after those of the conditions, which are 0 to 5. */
export const ranks = { module: 6, target: 7 } as const

export const matchSegment = (rank: number, match: Match | null): Segment => ({
  rank,
  match,
  target: null,
  protocol: undefined,
  protocols: null,
})

/** Earlier readings, by their text. Rulesets repeat the same parts many times. */
export interface Memory {
  /** Null: not in the form of iptables-save. */
  readonly segments: Map<string, Segment | null>
  readonly matches: Map<string, Reading<Match>>
  readonly targets: Map<string, Reading<Target>>
}

/** The context that the lines of one table share. */
export interface TableContext {
  readonly source: string
  readonly family: Family
  /** The chains that the text declares in this table, including later lines. */
  readonly chains: ReadonlySet<string>
  readonly onUnknown: ParseOptions['onUnknown']
  readonly memory: Memory
}

export const tableContext = (context: Omit<TableContext, 'memory'>): TableContext => ({
  ...context,
  memory: { segments: new Map(), matches: new Map(), targets: new Map() },
})
