import { hasValue, isEmptySet, singleValue } from '../../address/range-set.ts'
import type { Follower } from '../../evaluate/follow.ts'
import { type Area, meetRegions, numbersIn, regionsOf } from './area.ts'
import { type ExploredRow, followPoint, type GroupCell } from './explore.ts'
import type { Judgement } from './judge.ts'
import type { GroupRow } from './mapping-group.ts'
import { freeFields, type Point, pick, type Region } from './region.ts'
import type { Row } from './row.ts'
import { type Blamed, followTrail, trailOf } from './trail.ts'

/** Packets of one mapping that fare alike. */
export interface Cell {
  readonly row: Row
  /** The whole of them. */
  readonly region: Region
  /** One of them. */
  readonly point: Point
  readonly judgement: Judgement
  /** The judgement is of another mapping, whose packets fare alike. */
  readonly isBorrowed: boolean
  /** Who is to blame, where they fail: one behind the other. */
  readonly blamed: readonly Blamed[]
  /** So many of these stop all packets of the cell, not only the one that was followed. */
  readonly countOfAll: number
}

/** The cells of a row as one mapping has them. */
export interface Explored {
  readonly row: Row
  readonly cells: readonly Cell[]
  /** All of the row was seen. */
  readonly isWhole: boolean
}

/** Mappings of a group whose packets fare alike in every cell. */
export interface Likes {
  /** Their numbers; the first speaks for all. */
  readonly members: readonly [number, ...number[]]
  /** By row, the numbers of the cells they have packets in. */
  readonly cells: readonly (readonly number[])[]
}

/** Puts together the mappings of a group that have the same cells. */
export const findLikes = (
  follower: Follower,
  rows: readonly ExploredRow[],
  count: number,
): readonly Likes[] => {
  const profiles = Array.from({ length: count }, (): string[] => [])
  const owned = Array.from({ length: count }, () => rows.map((): number[] => []))
  for (const [at, { row, cells }] of rows.entries())
    for (const [number, cell] of cells.entries()) {
      const { area, judgement } = cell
      // What a rule says of one mapping only.
      const pierced = new Set(area.holes.flatMap(({ members }) => [...numbersIn(members)]))
      const trail = trailOf(follower, row, cell)
      for (const member of numbersIn(area.members)) {
        if (!hasPackets(row, cell, member)) continue
        owned[member]?.[at]?.push(number)
        const isOdd =
          pierced.has(member) ||
          (judgement.kind === 'failed' && (!trail.holdsFor(member) || pointAt(row, cell, member) === null))
        profiles[member]?.push(`${at}.${number}${isOdd ? `!${member}` : ''}`)
      }
    }
  const likes = new Map<string, { members: [number, ...number[]]; cells: readonly (readonly number[])[] }>()
  for (const [member, profile] of profiles.entries()) {
    const key = profile.join(' ')
    const known = likes.get(key)
    if (known === undefined) likes.set(key, { members: [member], cells: owned[member] ?? [] })
    else known.members.push(member)
  }
  return [...likes.values()]
}

/** A mapping has all the packets of a row but, now and then, its own container's. */
const hasPackets = (row: GroupRow, { area }: GroupCell, member: number): boolean => {
  const own = row.rows[member]?.region
  return (
    own !== undefined &&
    freeFields.every(
      (field) =>
        area.region[field] === row.region[field] ||
        area.region[field] === own[field] ||
        !isEmptySet(meetRegions(area.region, own)[field]),
    )
  )
}

/** What one mapping of a group, or the only one, has of its rows. */
export const cellsAt = (
  follower: Follower,
  rows: readonly ExploredRow[],
  member: number,
  numbers: readonly (readonly number[])[],
): readonly Explored[] =>
  rows.flatMap(({ row, cells, isWhole }, at) => {
    const own = row.rows[member]
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
  const trail = trailOf(follower, row, cell)
  const moved = pointAt(row, cell, member)
  return regionsOf(cell.area, member, own.region).map((region): Cell => {
    const isThere = moved !== null && isIn(region, moved)
    const point = isThere ? moved : pick(region, own.prefers)
    const { judgement } = cell
    if (judgement.kind === 'kept' || (isThere && trail.holdsFor(member))) {
      const isBorrowed = member !== cell.member
      const countOfAll = trail.countOfAll(member)
      return { row: own, region, point, judgement, isBorrowed, blamed: trail.blamed, countOfAll }
    }
    const exact = followPoint(follower, own, point)
    const area: Area = { members: singleValue(member), region, holes: [] }
    if (exact.kind === 'kept') {
      // Not alike after all: what is true of the packet is said of it.
      return { row: own, region, point, judgement: exact, isBorrowed: false, blamed: [], countOfAll: 0 }
    }
    const { blamed, countOfAll } = followTrail(follower, row, area, { member, point }, exact)
    return {
      ...{ row: own, region, point, judgement: exact, isBorrowed: false },
      ...{ blamed, countOfAll: countOfAll(member) },
    }
  })
}

const isIn = (region: Region, point: Point): boolean =>
  freeFields.every((field) => hasValue(region[field], point[field]))

/** The packet of a cell as another mapping has it; null where it would be none of its own. */
export const pointAt = (row: GroupRow, { point, member: from }: GroupCell, member: number): Point | null => {
  if (member === from) return point
  const moved = movePoint(row, point, member)
  const own = row.rows[member]?.region
  return own !== undefined && isIn(own, moved) ? moved : null
}

/** A packet of one mapping with what is settled by the mapping changed to that of another. */
export const movePoint = ({ rows, open }: GroupRow, point: Point, member: number): Point => {
  const moved = { ...point }
  for (const field of freeFields)
    if (!open.includes(field)) moved[field] = rows[member]?.region[field].starts[0] ?? point[field]
  return moved
}
