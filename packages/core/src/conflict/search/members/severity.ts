import {
  emptyRanges,
  intersectRanges,
  intersects,
  isEmptySet,
  type RangeSet,
  subtractRanges,
  uniteRanges,
} from '@portolan/netfilter/analysis'
import type { Judgement } from '../follow/judge.ts'
import { usualClientPorts } from '../rows/client-ports.ts'
import type { Row } from '../rows/row.ts'
import type { Surroundings } from '../rows/surroundings.ts'
import type { Cell, Explored } from './member-cells.ts'

/**
 * Tells which failures leave a whole row of the contract undelivered at some address of a mapping. Either no source
 * that comes in by any way is served there. Or no source that comes in by one uplink is served, at an address that
 * machines call. The address of a tunnel counts only for its own peers.
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
    // A mapping is not meant for the address of a bridge that only the bridge's own network calls.
    const isAll = isEmptySet(served)
    const called = importantAddresses(rows, calledAddresses)
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

/** The addresses at which a row is served, or may be, for some or all usual clients. */
const servedAddresses = ({ cells, row, isWhole }: Explored): RangeSet => {
  if (!isWhole) return row.region.daddr
  const served: RangeSet[] = []
  for (const cell of cells) if (isServed(cell.judgement) && isUsual(cell)) served.push(cell.region.daddr)
  return uniteRanges(served)
}

const isServed = (judgement: Judgement): boolean =>
  judgement.kind === 'kept' || judgement.certainty === 'possible' || judgement.share === 'some'

/**
 * Whether a cell holds packets of usual clients. A row that serves only a client with port 80 or 1024 is of no use.
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

/**
 * The addresses of a mapping that matter. A mapping bound to an address matters at that address, even if few machines
 * know it.
 */
const importantAddresses = (rows: readonly Explored[], known: RangeSet): RangeSet => {
  const [first] = rows
  if (first === undefined) return known
  const { mapping, region, way } = first.row
  return mapping?.hostAddress === null && way === 'published' && first.row.source !== 'loopback'
    ? known
    : region.daddr
}
