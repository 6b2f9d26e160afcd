import type { PacketField } from '@portolan/netfilter/analysis'
import {
  isSingleValue,
  type RangeSet,
  singleValue,
  uniteRanges,
  valueSet,
} from '@portolan/netfilter/analysis'
import type { DesiredNetwork } from '../../contract/index.ts'
import type { Packets } from './area.ts'
import { freeFields } from './region.ts'
import type { Row } from './row.ts'

/**
 * One row of the contract as each mapping or network of a group has it. A hundred thousand rows take much room, so only
 * what differs is kept of each, and a whole row is made where a packet of it is followed.
 */
export interface MemberRows {
  /** That of the first. */
  readonly first: Row
  readonly count: number
  /** That of each, by its number. The same number gives the same object. */
  readonly rowOf: (member: number) => Row | undefined
  /** The packets of each. Making them takes less than making the row. */
  readonly packetsOf: (member: number) => Packets
  readonly setOf: (member: number, field: PacketField) => RangeSet
  readonly networkOf: (member: number) => DesiredNetwork
  readonly columns: Readonly<Record<PacketField, SetColumn>>
  /** All are of one network. */
  readonly isOfOneNetwork: boolean
}

/** The values of one field, by the number of the member. */
export interface Column<Value> {
  readonly add: (value: Value) => void
  readonly at: (member: number) => Value
  /** The very same value for all of them. */
  readonly isSame: () => boolean
}

/** The sets of one field. */
export interface SetColumn extends Column<RangeSet> {
  /** The values that any of the sets has. */
  readonly union: () => RangeSet
  /** Each set is of one value. */
  readonly isOfSingles: () => boolean
}

const columnOf = <Value, Short>(
  first: Value,
  shorten: (value: Value) => Short,
  restore: (short: Short) => Value,
): Column<Value> & { readonly shorts: () => ReadonlySet<Short> } => {
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
    shorts: () => new Set(values ?? [shorten(first)]),
  }
}

/** A set of one value is kept as the value: most ports and targets are such, and a set takes ten times the room. */
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
      const sets: RangeSet[] = []
      for (const short of column.shorts())
        if (typeof short === 'object') sets.push(short)
        else values.push(short)
      return uniteRanges([valueSet(values), ...sets])
    },
    isOfSingles: () => [...column.shorts()].every((short) => typeof short !== 'object'),
  }
}

/** Takes up the rows of members, one after the other. */
export interface RowCollector {
  readonly add: (row: Row) => void
  readonly finish: (rowOf: MemberRows['rowOf']) => MemberRows
}

export const collectRows = (first: Row): RowCollector => {
  const { saddr, daddr, sport, dport } = first.region
  const columns: MemberRows['columns'] = {
    saddr: setColumn(saddr),
    daddr: setColumn(daddr),
    sport: setColumn(sport),
    dport: setColumn(dport),
  }
  const networks = columnOf<DesiredNetwork, DesiredNetwork>(
    first.network,
    (network) => network,
    (network) => network,
  )
  let count = 1
  return {
    add: ({ region, network }) => {
      for (const field of freeFields) columns[field].add(region[field])
      networks.add(network)
      count += 1
    },
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
