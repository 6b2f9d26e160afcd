import {
  emptyRanges,
  intersectRanges,
  intersects,
  isEmptySet,
  type RangeSet,
  subtractRanges,
  uniteRanges,
} from '@portolan/netfilter/analysis'
import { usualClientPorts } from './client-ports.ts'
import type { Judgement } from './judge.ts'
import type { Cell, Explored } from './member-cells.ts'
import type { Row } from './row.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Which failures leave a whole row of the contract undelivered for some address of a mapping: no source that comes
 * in by any way is served at the address, or none that comes in by a way the world uses, at an address that
 * machines call. The address of a tunnel is one for its peers alone.
 */
export const findDeadAddresses = (
  explored: readonly Explored[],
  { calledAddresses, tunnelAddresses }: Surroundings,
): ((cell: Cell) => boolean) => {
  const dead = new Map<string, RangeSet>()
  const alone = new Map<Row, RangeSet>()
  for (const [kind, rows] of groupBySource(explored)) {
    const served = uniteRanges(rows.map(servedAddresses))
    const asked = uniteRanges(rows.map(({ row }) => row.region.daddr))
    const nowhere = subtractRanges(asked, served)
    // An address of some bridge that only its own network calls is not what a mapping is for.
    const isAll = isEmptySet(served)
    const called = important(rows, calledAddresses)
    const ofOthers = (some: readonly Explored[]): RangeSet => {
      // Most hosts have no tunnel, and a search may ask for hundreds of mappings.
      if (tunnelAddresses.size === 0) return emptyRanges
      const names = new Set(some.map(({ row }) => row.in))
      const setsOf = (isOwn: boolean): RangeSet =>
        uniteRanges([...tunnelAddresses].flatMap(([name, set]) => (names.has(name) === isOwn ? [set] : [])))
      // Tunnels may share an address.
      return subtractRanges(setsOf(false), setsOf(true))
    }
    const whole = isAll ? nowhere : subtractRanges(intersectRanges(nowhere, called), ofOthers(rows))
    dead.set(kind, whole)
    for (const one of rows) {
      if (!one.row.isUplink) continue
      const lost = subtractRanges(one.row.region.daddr, servedAddresses(one))
      alone.set(one.row, subtractRanges(intersectRanges(lost, called), ofOthers([one])))
    }
  }
  return ({ row, region }) => {
    const whole = dead.get(row.source)
    const own = alone.get(row)
    return [whole, own].some((set) => set !== undefined && intersects(set, region.daddr))
  }
}

/** The addresses at which a row is kept for usual clients, or may be: some of them, or all. */
const servedAddresses = ({ cells, row, isWhole }: Explored): RangeSet =>
  isWhole
    ? uniteRanges(
        cells.flatMap((cell) => (isUsual(cell) && isServed(cell.judgement) ? [cell.region.daddr] : [])),
      )
    : row.region.daddr

const isServed = (judgement: Judgement): boolean =>
  judgement.kind === 'kept' || judgement.certainty === 'possible' || judgement.share === 'some'

/**
 * Are there packets of usual clients in a cell? A row that only a client of port 80 or 1024 is served by is of no use.
 */
export const isUsual = ({ region }: Pick<Cell, 'region'>): boolean =>
  intersects(region.sport, usualClientPorts)

const groupBySource = (explored: readonly Explored[]): ReadonlyMap<string, readonly Explored[]> => {
  const groups = new Map<string, Explored[]>()
  for (const one of explored) {
    const group = groups.get(one.row.source)
    if (group === undefined) groups.set(one.row.source, [one])
    else group.push(one)
  }
  return groups
}

/** A mapping bound to an address is for that address, even where few machines know it. */
const important = (rows: readonly Explored[], known: RangeSet): RangeSet => {
  const [first] = rows
  if (first === undefined) return known
  const { mapping, region, way } = first.row
  return mapping?.hostAddress === null && way === 'published' && first.row.source !== 'loopback'
    ? known
    : region.daddr
}
