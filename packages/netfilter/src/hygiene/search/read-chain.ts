import type { Hook, NetfilterChain, NetfilterTable, Step } from '../../model/index.ts'
import { ownerOf } from '../../owner/index.ts'
import type { PacketBox } from '../packet-box.ts'
import { type Domains, overlapBoxes } from './box.ts'
import { type BoxIndex, type Entry, indexBoxes } from './box-index.ts'
import { type PickPacket, rarePackets } from './rare-values.ts'
import { readPackets } from './read-packets.ts'
import { type Ending, type RuleReading, readRule } from './read-rule.ts'
import { type Changeable, startReading } from './reading-context.ts'

export type EndingEntry = Entry & Ending

/** A chain with rules that can be compared. */
export interface ChainReading {
  readonly rules: readonly RuleReading[]
  readonly domains: Domains
  readonly pick: PickPacket
  /** The places of foreign rules that may match a packet that matters. */
  readonly looked: ReadonlySet<number>
  readonly isOurs: (at: number) => boolean
  /** Where foreign rules surely end the path of packets. */
  readonly endings: BoxIndex<EndingEntry>
  /** The same, if each match that is not understood has one result for one packet; null: all is understood. */
  readonly likelyEndings: BoxIndex<EndingEntry> | null
}

/** Reads a chain; null: it has no rule to look at. */
export const readChain = (
  table: NetfilterTable,
  chain: NetfilterChain,
  changesOf: (step: Step) => readonly Changeable[],
  packets: readonly PacketBox[],
  hooks: ReadonlySet<Hook>,
): ChainReading | null => {
  const context = startReading(table.family)
  const packet = readPackets(context, packets, hooks)
  if (packet.length === 0) return null
  const rules = chain.rules.map((rule, at) => readRule(context, rule, at, changesOf))
  const ours = new Set(
    rules.filter(({ rule }) => ownerOf(table, chain, rule) === 'portolan').map(({ at }) => at),
  )
  const looked = new Set(
    rules
      .filter(
        ({ at, outer }) =>
          !ours.has(at) && outer.some((box) => packet.some((other) => overlapBoxes(box, other))),
      )
      .map(({ at }) => at),
  )
  if (looked.size === 0) return null
  const foreign = rules.filter(({ at }) => !ours.has(at))
  const place = (endings: readonly Ending[], at: number): readonly EndingEntry[] =>
    endings.map(({ box, action }) => ({ at, box, action }))
  const isOpen = foreign.some(({ isKnown }) => !isKnown)
  return {
    rules,
    domains: context.domains,
    pick: rarePackets(allBoxes(rules), context.domains),
    looked,
    isOurs: (at) => ours.has(at),
    endings: indexBoxes(foreign.flatMap(({ endings, at }) => place(endings, at))),
    likelyEndings: isOpen
      ? indexBoxes(foreign.flatMap(({ likelyEndings, at }) => place(likelyEndings, at)))
      : null,
  }
}

function* allBoxes(rules: readonly RuleReading[]): Generator<RuleReading['outer'][number]> {
  for (const { outer, likelyEndings } of rules) {
    yield* outer
    for (const { box } of likelyEndings) yield box
  }
}
