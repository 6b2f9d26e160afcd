import type { Follower, PacketField } from '@portolan/netfilter/analysis'
import { hasValue, movedTo, type RangeSet, singleValue } from '@portolan/netfilter/analysis'
import { type Blamed, followTrail, trailOf } from '../blame/trail.ts'
import { type ExploredRow, followPoint, type GroupCell } from '../follow/explore.ts'
import type { Failed, Judgement } from '../follow/judge.ts'
import type { GroupRow } from '../group/mapping-group.ts'
import { type Area, isAll, isNone, numbersIn, regionsOf, sparedRegion } from '../region/area.ts'
import { freeFields, type Point, pick, type Region } from '../region/region.ts'
import type { Row } from '../rows/row.ts'

/** Packets of one mapping that all have the same result. */
export type Cell = KeptCell | FailedCell

interface OwnPackets {
  readonly row: Row
  /** All packets of the cell. */
  readonly region: Region
}

/** Packets that get the promised result: nothing is reported about them. */
export interface KeptCell extends OwnPackets {
  readonly judgement: Exclude<Judgement, Failed>
}

/** Packets that fail, with what is reported about them. */
export interface FailedCell extends OwnPackets {
  readonly judgement: Failed
  /** One packet of the cell. */
  readonly point: Point
  /** The judgement is that of another mapping with packets that have the same result. */
  readonly isBorrowed: boolean
  /** The culprits, one behind the other. */
  readonly blamed: readonly Blamed[]
  /** How many of these culprits stop all packets of the cell, not only the one that was followed. */
  readonly countOfAll: number
}

export const isFailed = (cell: Cell): cell is FailedCell => cell.judgement.kind === 'failed'

/** The cells of a row for one mapping. */
export interface Explored {
  readonly row: Row
  readonly cells: readonly Cell[]
  /** All packets of the row were seen. */
  readonly isWhole: boolean
}

/** Mappings of a group with packets that have the same result in every cell. */
export interface EquivalentMembers {
  /** The numbers of these mappings; the first one stands for all. */
  readonly members: readonly [number, ...number[]]
  /** For each row, the numbers of the cells in which these mappings have packets. */
  readonly cells: readonly (readonly number[])[]
}

/** By the number of a mapping: 1 if it has packets in a cell, else 0. */
type Owners = Uint8Array

/** Whether something is true of a mapping of a cell; null: the answer is the same for all mappings of the cell. */
type OfMembers = ((member: number) => boolean) | null

/** Groups the mappings that have the same cells. */
export const findEquivalentMembers = (
  follower: Follower,
  rows: readonly ExploredRow[],
  count: number,
): readonly EquivalentMembers[] => {
  // All mappings are in one class until a cell separates some from the others.
  const classes = new Int32Array(count)
  let made = 0
  const owners = rows.map(({ row, cells }) =>
    cells.map((cell): Owners => {
      const has = new Uint8Array(count)
      const hasPackets = havingPackets(row, cell)
      const isException = exceptionsOf(follower, row, cell)
      // A cell that all mappings share separates none of them.
      if (hasPackets === null && isException === null && isAll(cell.area.members, count)) return has.fill(1)
      const split = new Map<number, number>()
      for (const member of numbersIn(cell.area.members)) {
        if (hasPackets !== null && !hasPackets(member)) continue
        has[member] = 1
        const before = classes[member] ?? 0
        const isExceptional = isException?.(member) ?? false
        const known = isExceptional ? undefined : split.get(before)
        if (known === undefined) made += 1
        const after = known ?? made
        classes[member] = after
        if (!isExceptional) split.set(before, after)
      }
      return has
    }),
  )
  const byClass = new Map<number, [number, ...number[]]>()
  for (const [member, one] of classes.entries()) {
    const known = byClass.get(one)
    if (known === undefined) byClass.set(one, [member])
    else known.push(member)
  }
  return [...byClass.values()].map((members) => ({
    members,
    cells: owners.map((ofRow) => placesWhere(ofRow, (has) => has[members[0]] === 1)),
  }))
}

const placesWhere = <T>(items: readonly T[], isTrue: (item: T) => boolean): readonly number[] => {
  const places: number[] = []
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at]
    if (item !== undefined && isTrue(item)) places.push(at)
  }
  return places
}

/** The mappings that the judgement of a cell does not hold for: each must be looked at on its own. Null: none. */
const exceptionsOf = (follower: Follower, row: GroupRow, cell: GroupCell): OfMembers => {
  // Mappings with a rule of their own.
  const pierced = new Set<number>()
  for (const { members } of cell.area.holes) for (const member of numbersIn(members)) pierced.add(member)
  if (cell.judgement.kind === 'kept') return pierced.size === 0 ? null : (member) => pierced.has(member)
  const { holdsFor } = trailOf(follower, row, cell)
  const hasPoint = havingPoint(row, cell)
  return (member) => pierced.has(member) || !holdsFor(member) || !hasPoint(member)
}

/**
 * Tells the mappings that have packets in a cell. A mapping has all the packets of a row, except at times its own
 * container's. In a field in which all mappings have the same set, all have packets in the cell: the packet that was
 * followed is one of them. Null: every mapping has some.
 */
const havingPackets = ({ columns, region }: GroupRow, { area }: GroupCell): OfMembers => {
  const asked = freeFields.filter((field) => area.region[field] !== region[field] && !columns[field].isSame())
  if (asked.length === 0) return null
  return (member) => {
    for (const field of asked) if (!columns[field].meets(member, area.region[field])) return false
    return true
  }
}

/** Whether the packet of a cell, moved to another mapping, is one of that mapping's own packets. */
const havingPoint = (row: GroupRow, { point, member: from }: GroupCell): ((member: number) => boolean) => {
  const { setOf, columns } = row
  const open = row.open.filter((field) => !columns[field].isSame())
  return (member) => {
    if (member === from) return true
    for (const field of open) {
      const own = setOf(member, field)
      if (own !== setOf(from, field) && !hasValue(own, moved(row, field, point, own))) return false
    }
    return true
  }
}

/** The result of all rows for one mapping of a group, or for the only one. */
export const cellsAt = (
  follower: Follower,
  rows: readonly ExploredRow[],
  member: number,
  numbers: readonly (readonly number[])[],
): readonly Explored[] =>
  rows.flatMap(({ row, cells, isWhole }, at) => {
    const own = row.rowOf(member)
    if (own === undefined) return []
    const mine = (numbers[at] ?? []).flatMap((number) => {
      const cell = cells[number]
      return cell === undefined ? [] : partsOf(follower, row, own, cell, member)
    })
    return [{ row: own, cells: mine, isWhole }]
  })

const partsOf = (
  follower: Follower,
  row: GroupRow,
  own: Row,
  cell: GroupCell,
  member: number,
): readonly Cell[] => {
  const { judgement } = cell
  if (judgement.kind === 'kept') return keptParts(own, cell.area, member, judgement)
  const regions = partsIn(own, cell.area, member)
  const trail = trailOf(follower, row, cell)
  const moved = pointAt(row, cell, member)
  return regions.map((region): Cell => {
    const isThere = moved !== null && isIn(region, moved)
    const point = isThere ? moved : pick(region, own)
    if (isThere && trail.holdsFor(member)) {
      const isBorrowed = member !== cell.member
      const countOfAll = trail.countOfAll(member)
      return { row: own, region, point, judgement, isBorrowed, blamed: trail.blamed, countOfAll }
    }
    const exact = followPoint(follower, own, point)
    // The mappings have different results after all, so the packet is judged on its own.
    if (exact.kind === 'kept') return { row: own, region, judgement: exact }
    const area: Area = { members: singleValue(member), region, holes: [] }
    const { blamed, countOfAll } = followTrail(follower, row, area, { member, point }, exact)
    return {
      ...{ row: own, region, point, judgement: exact, isBorrowed: false },
      ...{ blamed, countOfAll: countOfAll(member) },
    }
  })
}

/**
 * The parts of a cell that gets the promised result. Only their addresses and source ports matter, and holes seldom
 * change these.
 */
const keptParts = (
  own: Row,
  area: Area,
  member: number,
  judgement: KeptCell['judgement'],
): readonly KeptCell[] => {
  const spared = own.isApart === true ? null : sparedRegion(area, member, own.region)
  const regions = spared === null ? partsIn(own, area, member) : [spared]
  return regions.map((region) => ({ row: own, region, judgement }))
}

const partsIn = (own: Row, area: Area, member: number): readonly Region[] =>
  regionsOf(area, member, own.region).filter((region) => !isNone(own, region))

const isIn = (region: Region, point: Point): boolean =>
  freeFields.every((field) => hasValue(region[field], point[field]))

/** The packet of a cell, moved to another mapping; null: it is not one of that mapping's own packets. */
export const pointAt = (row: GroupRow, cell: GroupCell, member: number): Point | null => {
  if (member === cell.member) return cell.point
  return havingPoint(row, cell)(member) ? movePoint(row, cell.point, member) : null
}

/** Moves a packet to another mapping: the fields that follow from the mapping get that mapping's values. */
export const movePoint = (row: GroupRow, point: Point, member: number): Point => {
  const changed = { ...point }
  for (const field of freeFields) {
    const own = row.setOf(member, field)
    changed[field] = row.open.includes(field)
      ? moved(row, field, point, own)
      : (own.starts[0] ?? point[field])
  }
  return changed
}

/** An address, moved to the same place in the subnet of a mapping on an alike network. */
const moved = ({ alike }: GroupRow, field: PacketField, point: Point, own: RangeSet): number | bigint => {
  const value = point[field]
  const near = own.starts[0]
  if (alike === null || near === undefined || (field !== 'saddr' && field !== 'daddr')) return value
  return hasValue(own, value) ? value : (movedTo(alike, value, near) ?? value)
}
