import type { Follower, TraceStep } from '@portolan/netfilter/analysis'
import type { Conflict } from './conflict.ts'
import { dnatShadows, type Shadow, type Taken } from './rule-kind/dnat-shadows.ts'
import { culpritKey, isManagedTranslation } from './search/blame/blame.ts'
import type { Finding } from './search/finding/finding.ts'
import { mergeFindings } from './search/finding/merge-findings.ts'
import { type ExploredRow, explore, followPoint, type GroupCell } from './search/follow/explore.ts'
import { isDestinationChange, stepOf } from './search/follow/foreign-step.ts'
import type { Failed, Judgement } from './search/follow/judge.ts'
import type { ExploredGroup } from './search/members/explore-mappings.ts'
import { pointAt } from './search/members/member-cells.ts'
import { meetRegions, numbersIn, regionsOf } from './search/region/area.ts'
import { isEmptyRegion, type Point } from './search/region/region.ts'
import { addressText } from './search/rows/address-text.ts'
import type { Row } from './search/rows/row.ts'

/** The foreign translations that the mappings of a group would take packets from. */
export interface DnatShadows {
  /** The conflicts of each mapping, by its number. */
  readonly conflicts: readonly (readonly Conflict[])[]
  /** Rows that were not seen whole. */
  readonly unseen: readonly ExploredRow[]
}

/**
 * Finds, by number, the mappings of a group that would take packets that a foreign translation serves today.
 *
 * @param today - the host without managed rules
 * @param group - the mappings, with their rows as explored with managed rules
 * @param project - the project of the mappings
 * @returns null when a packet of one mapping has another result than that of another
 * @internal
 */
export const findDnatShadows = (
  today: Follower,
  { members, rows }: ExploredGroup,
  project: string,
): DnatShadows | null => {
  const found = members.map(() => new Map<object | string, Shadow>())
  const unseen: ExploredRow[] = []
  for (const planned of rows) {
    const { source, mapping } = planned.row.first
    if ((source !== 'machine' && source !== 'host') || mapping?.kind !== 'nat') continue
    const explored = explore(today, planned.row)
    if (!explored.isWhole) {
      // A row that is too large for the group may be small enough for each member.
      if (members.length > 1) return null
      unseen.push(explored)
    }
    for (const cell of explored.cells) {
      const step = translationOf(cell.judgement)
      if (step === null) continue
      for (const member of numbersIn(cell.area.members)) {
        const shadows = found[member]
        const own = planned.row.rowOf(member)
        if (shadows === undefined || own === undefined) continue
        const key = culpritKey(step)
        const known = shadows.get(key)
        if (known?.finding.rows.includes(own) === true) continue
        const taken = takenFrom(planned, cell, member, own)
        if (taken === 'none') continue
        const shadow = shadowAt(today, planned, cell, member, own, taken)
        if (shadow === null) return null
        shadows.set(key, known === undefined ? shadow : mergeShadows(known, shadow))
      }
    }
  }
  const conflicts = found.map((shadows) =>
    [...shadows.values()].map((shadow) => dnatShadows(shadow, { project, ownTool: () => null })),
  )
  return { conflicts, unseen }
}

/**
 * Two findings of one foreign rule. Where the packets of both reach the same place, the conflict names the senders of
 * both. Otherwise it is about the worse one alone.
 */
const mergeShadows = (a: Shadow, b: Shadow): Shadow => {
  const finding = mergeFindings(a.finding, b.finding)
  const worse = finding.point === b.finding.point ? b : a
  return a.place === b.place ? { ...worse, finding } : worse
}

/**
 * Whether the mapping serves packets of the cell, as planned. `in-one-order`: only if its chain runs before the chain
 * of the foreign translation, which has the same priority.
 */
const takenFrom = ({ cells }: ExploredRow, { area }: GroupCell, member: number, own: Row): Taken | 'none' => {
  const theirs = regionsOf(area, member, own.region)
  const meets = (cell: GroupCell): boolean =>
    regionsOf(cell.area, member, own.region).some((one) =>
      theirs.some((other) => !isEmptyRegion(meetRegions(one, other))),
    )
  if (cells.some((cell) => cell.judgement.kind === 'kept' && meets(cell))) return 'always'
  return cells.some((cell) => isServedInOneOrder(cell.judgement) && meets(cell)) ? 'in-one-order' : 'none'
}

/** Whether a rule of ours translates the packet in one order of chains. Foreign chains may disagree with each other too. */
const isServedInOneOrder = (judgement: Judgement): boolean =>
  judgement.kind === 'failed' &&
  judgement.isUndetermined &&
  judgement.served !== null &&
  stepOf(judgement.served.reached.world.trace, isManagedTranslation) !== null

const shadowAt = (
  today: Follower,
  { row }: ExploredRow,
  cell: GroupCell,
  member: number,
  own: Row,
  taken: Taken,
): Shadow | null => {
  const point = pointAt(row, cell, member) ?? cell.point
  const judgement = member === cell.member ? cell.judgement : followPoint(today, own, point)
  const step = translationOf(judgement)
  if (step === null || judgement.kind === 'kept') return null
  return shadowOf(own, point, judgement, step, taken)
}

/** The foreign rule that serves the packets today; null: none does. */
const translationOf = (judgement: Judgement): TraceStep | null => {
  if (judgement.kind === 'kept' || judgement.fault === 'stopped') return null
  for (let step = judgement.conclusion.end.world.trace; step !== null; step = step.before)
    if (isDestinationChange(step)) return step
  return null
}

const shadowOf = (row: Row, point: Point, judgement: Failed, step: TraceStep, taken: Taken): Shadow => {
  const { world } = judgement.conclusion.reached
  const address = addressText(row.family, world.daddr)
  const place = `${row.family === 'ip6' ? `[${address}]` : address}:${world.dport}`
  const certainty = taken === 'always' ? judgement.certainty : 'possible'
  const finding: Finding = {
    kind: 'DnatShadowed',
    severity: certainty === 'certain' ? 'error' : 'warning',
    certainty,
    mapping: row.mapping,
    network: row.network,
    rows: [row],
    share: 'all',
    point,
    judgement,
    isBorrowed: false,
    step,
    behind: new Set(),
    isAhead: true,
    isOfAll: true,
    isOfUsual: true,
    otherCulprits: [],
    mendedTogether: [],
    others: 0,
  }
  return { finding, place, taken }
}
