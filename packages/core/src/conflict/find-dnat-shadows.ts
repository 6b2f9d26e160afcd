import { intersectRanges } from '../address/range-set.ts'
import type { Follower } from '../evaluate/follow.ts'
import type { TraceStep } from '../evaluate/trace.ts'
import type { Conflict } from './conflict.ts'
import { dnatShadows } from './dnat-shadows.ts'
import { culpritKey, isDestinationChange } from './search/blame.ts'
import { type Cell, type Explored, explore } from './search/explore.ts'
import { addressText, type FailedCell, type Finding, isFailed } from './search/finding.ts'
import { freeFields, isEmptyRegion, type Region } from './search/region.ts'

/**
 * Mappings that would take what somebody else's translation serves today.
 *
 * @param today - the host without our rules
 * @param planned - what becomes of the same rows with them
 * @internal
 */
export const findDnatShadows = (today: Follower, planned: readonly Explored[]): readonly Conflict[] => {
  const found = new Map<object | string, Conflict>()
  for (const { row, cells } of planned) {
    if (row.source !== 'machine' && row.source !== 'host') continue
    if (row.mapping?.kind !== 'nat') continue
    const ours = cells.filter(({ judgement }) => judgement.kind === 'kept')
    if (ours.length === 0) continue
    for (const cell of explore(today, row).cells.filter(isFailed)) {
      const step = translationOf(cell)
      if (step === null || !ours.some((one) => overlap(one.region, cell.region))) continue
      const key = culpritKey(step)
      if (!found.has(key)) found.set(key, conflictOf(cell, step))
    }
  }
  return [...found.values()]
}

/** The foreign rule that serves the packets today; null when nobody does. */
const translationOf = ({ judgement: { fault, conclusion } }: FailedCell): TraceStep | null => {
  if (fault === 'stopped') return null
  for (let step = conclusion.end.world.trace; step !== null; step = step.before)
    if (isDestinationChange(step)) return step
  return null
}

const overlap = (a: Region, b: Region): boolean => {
  const both = { ...a }
  for (const field of freeFields) both[field] = intersectRanges(a[field], b[field])
  return !isEmptyRegion(both)
}

const conflictOf = ({ row, point, judgement }: Cell & FailedCell, step: TraceStep): Conflict => {
  const { world } = judgement.conclusion.reached
  const address = addressText(row.family, world.daddr)
  const place = `${row.family === 'ip6' ? `[${address}]` : address}:${world.dport}`
  const finding: Finding = {
    kind: 'DnatShadowed',
    severity: judgement.certainty === 'certain' ? 'error' : 'warning',
    certainty: judgement.certainty,
    mapping: row.mapping,
    network: row.network,
    rows: [row],
    share: 'all',
    point,
    judgement,
    step,
    behind: new Set(),
    others: 0,
  }
  return dnatShadows(finding, place)
}
