import {
  hasValue,
  includesRanges,
  intersectRanges,
  isSingleValue,
  valueSet,
} from '@portolan/netfilter/analysis'
import type { ExploredRow, GroupCell } from '../follow/explore.ts'
import type { GroupRow } from '../group/mapping-group.ts'
import { type Area, numbersBelow, numbersIn } from '../region/area.ts'
import { freeFields, type Region } from '../region/region.ts'
import type { Row } from '../rows/row.ts'
import { movePoint } from './member-cells.ts'

/** Looks for culprits in the part of a row that was not seen. */
type SeekIn = (row: Row, seen: readonly GroupCell[]) => readonly GroupCell[]

/**
 * Turns the row of alike networks that is too large for all of them into a result for each. If no cell tells the
 * networks apart, each alone would be cut after the same cells. Then it is enough to seek culprits in the rest of the
 * first.
 *
 * @returns null when something tells the networks apart: each must be explored alone
 */
export const exploredOfEach = (explored: ExploredRow, seekIn: SeekIn): ExploredRow | null => {
  const { row, asOne } = explored
  if (asOne === undefined || row.alike === null || row.first.mapping !== null) return null
  if (!asOne.cells.every(({ area }) => isOfAll(row, area))) return null
  const found: GroupCell[] = []
  for (const cell of seekIn(row.first, asOne.cells)) {
    const area = areaOfEach(row, cell)
    if (area === null) return null
    found.push({ ...cell, area })
  }
  return { row, cells: [...asOne.cells, ...found], isWhole: false, doubts: asOne.doubts, isOfEach: true }
}

const isOfAll = ({ count }: GroupRow, { members, holes }: Area): boolean => {
  const all = numbersBelow(count)
  return includesRanges(members, all) && holes.every((hole) => includesRanges(hole.members, all))
}

/**
 * The single packet of a cell together with the same packet of every other network. Null: a network would have two of
 * these packets, or none.
 */
const areaOfEach = (row: GroupRow, { area, point }: GroupCell): Area | null => {
  const members = numbersBelow(row.count)
  const moved = numbersIn(members).map((member) => movePoint(row, point, member))
  const region: Region = {
    saddr: valueSet(moved.map(({ saddr }) => saddr)),
    daddr: valueSet(moved.map(({ daddr }) => daddr)),
    sport: valueSet(moved.map(({ sport }) => sport)),
    dport: valueSet(moved.map(({ dport }) => dport)),
  }
  const isOneOfEach = moved.every((at, member) =>
    freeFields.every((field) => {
      const own = row.setOf(member, field)
      return hasValue(own, at[field]) && isSingleValue(intersectRanges(own, region[field]))
    }),
  )
  return isOneOfEach ? { ...area, members, region } : null
}
