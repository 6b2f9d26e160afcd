import type { ElementTable, SetStep, TableFamily } from '../../model/index.ts'
import type { Box } from './box.ts'
import { after, type Spans } from './spans.ts'

/** What a rule may change for later rules. `tracking`: everything that connection tracking knows of the flow. */
export type Changeable = SetStep['target'] | 'tracking'

/** The dimensions of one chain, gathered while its rules are read. */
export interface ReadingContext {
  /** All values of each dimension. */
  readonly domains: Map<string, Spans>
  /**
   * How often each value may have been changed so far. The mark before a rule that may set it, and the mark after this
   * rule, are two dimensions: a match on one tells nothing about the other.
   */
  readonly changes: Map<Changeable, number>
  /** The numbers of sets. Sets are told apart by identity, not by name. */
  readonly tables: Map<ElementTable, number>
  /** The conditions for a packet to have a field, by protocols and family. */
  readonly gates: Map<string, Box>
  /** The number of conditions so far that are decided anew each time. */
  unique: number
}

const families: Readonly<Record<string, readonly number[]>> = { ip: [2], ip6: [10], inet: [2, 10] }

export const startReading = (family: TableFamily): ReadingContext => ({
  domains: new Map([['nfproto', points(families[family] ?? [])]]),
  changes: new Map(),
  tables: new Map(),
  gates: new Map(),
  unique: 0,
})

/** Single numbers, rising, as a set. */
export const points = (values: readonly number[]): Spans => {
  const spans: { from: number; to: number }[] = []
  for (const value of values) {
    const before = spans.at(-1)
    if (before?.to === value) before.to = value + 1
    else spans.push({ from: value, to: value + 1 })
  }
  return spans
}

export const noteChange = ({ changes }: ReadingContext, what: Changeable): void => {
  changes.set(what, (changes.get(what) ?? 0) + 1)
}

/** The name of a dimension after the changes so far. */
export const dimensionNow = (
  { changes }: ReadingContext,
  name: string,
  changedBy: readonly Changeable[],
): string =>
  changedBy.reduce((text, what) => {
    const times = changes.get(what) ?? 0
    return times === 0 ? text : `${text} ${what}#${times}`
  }, name)

/** A box with one condition; with none, where the spans are all values of the dimension. */
export const boxOf = ({ domains }: ReadingContext, dimension: string, spans: Spans): Box =>
  isAll(domains.get(dimension), spans) ? new Map() : new Map([[dimension, spans]])

const isAll = (domain: Spans | undefined, spans: Spans): boolean =>
  domain !== undefined &&
  domain.length === spans.length &&
  domain.every(({ from, to }, at) => spans[at]?.from === from && spans[at]?.to === to)

const answers: Spans = points([0, 1])

/** A condition that is not understood. It is a dimension of its own: it holds, or it does not. */
export const openQuestion = (context: ReadingContext, text: string): Box => {
  const dimension = `? ${text}`
  context.domains.set(dimension, answers)
  return new Map([[dimension, [{ from: 1, to: after(1) }]]])
}
