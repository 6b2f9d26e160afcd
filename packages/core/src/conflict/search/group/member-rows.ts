import type { PacketField } from '@portolan/netfilter/analysis'
import {
  hasValue,
  intersects,
  isSingleValue,
  type RangeSet,
  singleValue,
  uniteRanges,
  valueSet,
} from '@portolan/netfilter/analysis'
import type { DesiredNetwork } from '../../../contract/index.ts'
import type { Packets } from '../region/area.ts'
import { freeFields } from '../region/region.ts'
import type { Row } from '../rows/row.ts'

/**
 * One row of the contract for each mapping or network of a group. A hundred thousand rows take much memory. So only the
 * differences are stored for each, and a whole row is made when one of its packets is followed.
 */
export interface MemberRows {
  /** The row of the first member. */
  readonly first: Row
  readonly count: number
  /** The row of each member, by its number. The same number gives the same object. */
  readonly rowOf: (member: number) => Row | undefined
  /** The packets of each member. Making them costs less than making the row. */
  readonly packetsOf: (member: number) => Packets
  readonly setOf: (member: number, field: PacketField) => RangeSet
  readonly networkOf: (member: number) => DesiredNetwork
  readonly columns: Readonly<Record<PacketField, SetColumn>>
  /** All members are on one network. */
  readonly isOfOneNetwork: boolean
}

/** The values of one field, by the number of the member. */
export interface Column<Value> {
  readonly add: (value: Value) => void
  readonly at: (member: number) => Value
  /** All members have the same value. */
  readonly isSame: () => boolean
}

/** The sets of one field. */
export interface SetColumn extends Column<RangeSet> {
  /** The values that any of the sets holds. */
  readonly union: () => RangeSet
  /** Each set holds a single value. */
  readonly isOfSingles: () => boolean
  /** Whether a member's set shares a value with another set. Unlike `at`, this allocates no set. */
  readonly meets: (member: number, set: RangeSet) => boolean
}

interface LedColumn extends SetColumn {
  /** @param isLed - the leading row has the same set object */
  readonly add: (value: RangeSet, isLed?: boolean) => void
}

/** A column with the short form that it stores for each value. */
interface ShortColumn<Value, Short> extends Column<Value> {
  readonly shorts: () => readonly Short[]
  readonly shortAt: (member: number) => Short
}

const columnOf = <Value, Short>(
  first: Value,
  shorten: (value: Value) => Short,
  restore: (short: Short) => Value,
): ShortColumn<Value, Short> => {
  let count = 1
  let values: Short[] | null = null
  return {
    add: (value) => {
      if (values === null && value !== first) values = Array.from({ length: count }, () => shorten(first))
      values?.push(shorten(value))
      count += 1
    },
    at: (member) => {
      const short = values?.[member]
      return short === undefined ? first : restore(short)
    },
    isSame: () => values === null,
    shorts: () => values ?? [shorten(first)],
    shortAt: (member) => values?.[member] ?? shorten(first),
  }
}

/**
 * A set with one value is stored as the value. Most ports and targets are such sets, and a set takes ten times the
 * memory.
 */
const setColumn = (first: RangeSet): SetColumn => {
  const column = columnOf<RangeSet, RangeSet | number | bigint>(
    first,
    (set) => (isSingleValue(set) ? (set.starts[0] ?? set) : set),
    (short) => (typeof short === 'object' ? short : singleValue(short)),
  )
  return {
    ...column,
    union: () => {
      const values: (number | bigint)[] = []
      const sets = new Set<RangeSet>()
      for (const short of column.shorts())
        if (typeof short === 'object') sets.add(short)
        // All mappings of one container follow one another, with the same address.
        else if (short !== values.at(-1)) values.push(short)
      return uniteRanges([valueSet(values), ...sets])
    },
    isOfSingles: () => column.shorts().every((short) => typeof short !== 'object'),
    meets: (member, set) => {
      const short = column.shortAt(member)
      return typeof short === 'object' ? intersects(short, set) : hasValue(set, short)
    },
  }
}

/**
 * The sets of one field of a further row. They are those of the leading row while each member has the same set in both:
 * the host port of a mapping is in all of its rows.
 */
const ledColumn = (leader: SetColumn, first: RangeSet): LedColumn => {
  let count = 1
  let own: SetColumn | null = null
  const column = (): SetColumn => own ?? leader
  return {
    add: (value, isLed) => {
      if (own === null && !isLed) {
        own = setColumn(first)
        for (let member = 1; member < count; member += 1) own.add(leader.at(member))
      }
      own?.add(value)
      count += 1
    },
    at: (member) => column().at(member),
    isSame: () => column().isSame(),
    union: () => column().union(),
    isOfSingles: () => column().isOfSingles(),
    meets: (member, set) => column().meets(member, set),
  }
}

/** Collects the rows of the members, one after the other. */
export interface RowCollector {
  /** @param leader - the first row of the same member, which has been collected before */
  readonly add: (row: Row, leader: Row) => void
  readonly columns: MemberRows['columns']
  readonly finish: (rowOf: MemberRows['rowOf']) => MemberRows
}

/** @param leader - the collector of the first row of the same members; null: this is the first */
export const collectRows = (first: Row, leader: RowCollector | null = null): RowCollector => {
  const columnFor = (field: PacketField): LedColumn => {
    const set = first.region[field]
    const leading = leader?.columns[field]
    return leading !== undefined && leading.at(0) === set ? ledColumn(leading, set) : setColumn(set)
  }
  const columns = {
    saddr: columnFor('saddr'),
    daddr: columnFor('daddr'),
    sport: columnFor('sport'),
    dport: columnFor('dport'),
  }
  const networks = columnOf<DesiredNetwork, DesiredNetwork>(
    first.network,
    (network) => network,
    (network) => network,
  )
  let count = 1
  return {
    add: ({ region, network }, leading) => {
      for (const field of freeFields)
        columns[field].add(region[field], region[field] === leading.region[field])
      networks.add(network)
      count += 1
    },
    columns,
    finish: (rowOf) => {
      const { prefers, prefersFrom, isApart } = first
      const preferences = {
        prefers,
        ...(prefersFrom === undefined ? {} : { prefersFrom }),
        ...(isApart === undefined ? {} : { isApart }),
      }
      const setOf: MemberRows['setOf'] = (member, field) => columns[field].at(member)
      return {
        first,
        count,
        rowOf,
        setOf,
        packetsOf: (member) => ({
          ...preferences,
          region: {
            saddr: setOf(member, 'saddr'),
            daddr: setOf(member, 'daddr'),
            sport: setOf(member, 'sport'),
            dport: setOf(member, 'dport'),
          },
        }),
        networkOf: networks.at,
        columns,
        isOfOneNetwork: networks.isSame(),
      }
    },
  }
}
