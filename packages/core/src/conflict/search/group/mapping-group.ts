import type { AlikeSubnets, Learner, PacketField } from '@portolan/netfilter/analysis'
import { hasValue, type RangeSet, uniteRanges } from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredState } from '../../../contract/index.ts'
import { freeFields, type Region } from '../region/region.ts'
import { type Alike, mappingRows } from '../rows/mapping-rows.ts'
import { differInPorts, type RowsOf, reuseRows } from '../rows/reuse-rows.ts'
import type { Row } from '../rows/row.ts'
import { portKind, servedRows } from '../rows/served-rows.ts'
import { subnetRange } from '../rows/subnets.ts'
import type { Surroundings } from '../rows/surroundings.ts'
import { collectRows, type MemberRows, type RowCollector } from './member-rows.ts'
import { alone, type MemberValues, valuesOf } from './member-values.ts'

/**
 * Mappings that differ only in their host port and target, on one network or on networks that are alike. Managed rules
 * do the same to each of them, and foreign rules treat most of them the same. So they are explored together.
 */
export interface MappingGroup {
  readonly members: readonly [DesiredMapping, ...DesiredMapping[]]
  readonly rows: readonly GroupRow[]
}

/** One row of the contract, for each mapping of a group. */
export interface GroupRow extends MemberRows {
  /** The packets of all members together. */
  readonly region: Region
  /** The fields with values that do not follow from which mapping it is. */
  readonly open: readonly PacketField[]
  readonly values: MemberValues
  /** The subnets that the mappings lead to; null: there are none. */
  readonly leadsTo: RangeSet | null
  /** For members of several networks: the subnets of the alike networks. */
  readonly alike: AlikeSubnets | null
  /** The possible values of each field, for packets and for mappings. */
  readonly bounds: Learner['region']
}

/** A group row with a single member. */
export const rowAlone = (row: Row): GroupRow => ({
  ...collectRows(row).finish((member) => (member === 0 ? row : undefined)),
  region: row.region,
  open: freeFields,
  values: alone,
  leadsTo: null,
  alike: null,
  bounds: row.region,
})

/** A group that is still being filled. */
interface Gathered {
  readonly members: [DesiredMapping, ...DesiredMapping[]]
  /** The rows of the first member. */
  readonly rows: readonly Row[]
  readonly collectors: readonly RowCollector[]
}

/** Selects the rows of a mapping to explore. */
export interface RowsOfMapping {
  readonly of: (
    desired: DesiredState,
    mapping: DesiredMapping,
    around: Surroundings,
    alike: Alike,
  ) => readonly Row[]
  /** The part of these rows that is the mapping's own when other mappings share its port. */
  readonly ownOf: (desired: DesiredState, rows: readonly Row[]) => readonly Row[]
}

/** The rows that promise delivery. */
export const openRows: RowsOfMapping = { of: mappingRows, ownOf: servedRows }

/** The host and the other mappings around the mappings of a project. */
export interface MappingsAround {
  readonly around: Readonly<Record<DesiredMapping['family'], Surroundings>>
  /** Host ports that other projects use on some address. A mapping with such a port is explored alone. */
  readonly taken: RangeSet
  readonly alike: Alike
  /** The mappings of other projects. */
  readonly others: readonly DesiredMapping[]
}

/**
 * Groups the mappings that may be explored together.
 * @param asked - the mappings to explore; a port shared with any mapping of the project still counts as shared
 */
export const groupMappings = (
  desired: DesiredState,
  asked: readonly DesiredMapping[],
  { around, taken, alike, others }: MappingsAround,
  { of, ownOf }: RowsOfMapping,
): readonly MappingGroup[] => {
  const placeOf = placesByBridge(alike)
  const all: DesiredState =
    others.length === 0 ? desired : { ...desired, mappings: [...desired.mappings, ...others] }
  const isShared = sharedPorts(all.mappings)
  const groups = new Map<string, Gathered>()
  const make: RowsOf = (mapping) => of(desired, mapping, around[mapping.family], alike)
  const rowsOf = reuseRows(make)
  const kindLike = kindsBy(placeOf)
  for (const [at, mapping] of asked.entries()) {
    const rows = rowsOf(mapping)
    const isAlone = mapping.targets.length > 1 || isShared(mapping) || hasValue(taken, mapping.hostPort)
    const key = isAlone ? String(at) : kindLike(mapping, rows)
    const group = groups.get(key)
    if (group === undefined) {
      const own = isShared(mapping) ? ownOf(all, rows) : rows
      groups.set(key, { members: [mapping], rows: own, collectors: collectorsOf(own) })
      continue
    }
    group.members.push(mapping)
    // An index loop: thousands of mappings have several rows each, and a pair for each row takes as much memory as the
    // rows.
    for (let place = 0; place < rows.length; place += 1) {
      const row = rows[place]
      if (row !== undefined) group.collectors[place]?.add(row, rows[0] ?? row)
    }
  }
  return [...groups.values()].map((group) => groupOf(group, alike, reuseRows(make)))
}

const collectorsOf = ([first, ...others]: readonly Row[]): readonly RowCollector[] => {
  if (first === undefined) return []
  const leader = collectRows(first)
  return [leader, ...others.map((row) => collectRows(row, leader))]
}

/** Ports 0 to 65535. */
const PORTS = 65_536

/** Tells which mappings share their port with another one. */
export const sharedPorts = (mappings: readonly DesiredMapping[]): ((mapping: DesiredMapping) => boolean) => {
  // There are at most twelve kinds of ports, but there may be a hundred thousand mappings.
  const counts = new Map<string, Uint8Array>()
  for (const mapping of mappings) {
    const kind = portKind(mapping)
    const ofKind = counts.get(kind) ?? new Uint8Array(PORTS)
    counts.set(kind, ofKind)
    ofKind[mapping.hostPort] = Math.min((ofKind[mapping.hostPort] ?? 0) + 1, 2)
  }
  return (mapping) => (counts.get(portKind(mapping))?.[mapping.hostPort] ?? 1) > 1
}

/** The kind of each mapping. Most mappings have the kind of the one before, and need no text of their own then. */
const kindsBy = (placeOf: PlaceOf): ((mapping: DesiredMapping, rows: readonly Row[]) => string) => {
  let before: {
    readonly mapping: DesiredMapping
    readonly isSamePort: boolean
    readonly kind: string
  } | null = null
  return (mapping, rows) => {
    const isSamePort = mapping.hostPort === mapping.targets[0].port
    if (before !== null && before.isSamePort === isSamePort && differInPorts(before.mapping, mapping))
      return before.kind
    before = { mapping, isSamePort, kind: kindOf(mapping, rows, placeOf) }
    return before.kind
  }
}

/** The text that mappings of one group have in common. */
export const kindOf = (mapping: DesiredMapping, rows: readonly Row[], placeOf: PlaceOf): string => {
  const { family, protocol, kind, hostAddress, interface: name, allowFrom, hostPort, targets } = mapping
  const [{ network, port }] = targets
  const ways = rows.map(({ source, way, in: from }) => [source, way, placeOf(from)])
  return JSON.stringify([
    family,
    protocol,
    kind,
    hostAddress,
    name,
    allowFrom,
    placeOf(rows[0]?.network.bridge ?? network),
    hostPort === port,
    ways,
  ])
}

/**
 * Names the incoming interface of a packet or the network of a mapping. Bridges of alike networks have the same name.
 */
export type PlaceOf = (bridge: string | null) => string | number | null

const placesByBridge = (alike: Alike): PlaceOf => {
  const numbers = new Map([...new Set(alike.values())].map((one, at) => [one, at]))
  const places = new Map([...alike].map(([{ bridge }, one]) => [bridge, numbers.get(one) ?? null]))
  return (bridge) => (bridge === null ? null : (places.get(bridge) ?? bridge))
}

const groupOf = ({ members, rows, collectors }: Gathered, alike: Alike, rowsOf: RowsOf): MappingGroup => {
  const values = members.length < 2 ? alone : valuesOf(members)
  const made = new Map<number, readonly Row[]>([[0, rows]])
  const rowsOfMember = (member: number): readonly Row[] | undefined => {
    const known = made.get(member)
    const mapping = members[member]
    if (known !== undefined || mapping === undefined) return known
    const own = rowsOf(mapping)
    made.set(member, own)
    return own
  }
  return {
    members,
    rows: collectors.map((collector, at) =>
      groupRow(
        collector.finish((member) => rowsOfMember(member)?.[at]),
        alike,
        values,
      ),
    ),
  }
}

/** Splits a group into groups of one mapping each. */
export const splitGroup = ({ members, rows }: MappingGroup): readonly MappingGroup[] =>
  members.map((mapping, at) => ({
    members: [mapping],
    rows: rows.flatMap((row) => {
      const own = row.rowOf(at)
      return own === undefined ? [] : [rowAlone(own)]
    }),
  }))

/** Makes one group row from the rows of several networks. */
export const groupRows = (rows: readonly [Row, ...Row[]], alike: Alike): GroupRow => {
  const [first, ...others] = rows
  const collector = collectRows(first)
  for (const row of others) collector.add(row, row)
  const made = collector.finish((member) => rows[member])
  // Each network has a best example of its own.
  return groupRow({ ...made, packetsOf: (member) => rows[member] ?? first }, alike, alone)
}

const groupRow = (of: MemberRows, alike: Alike, values: MemberValues): GroupRow => {
  const { first, columns, isOfOneNetwork } = of
  const region = { ...first.region }
  const open: PacketField[] = []
  for (const field of freeFields) {
    const column = columns[field]
    if (column.isSame()) {
      open.push(field)
      continue
    }
    if (!column.isOfSingles()) open.push(field)
    region[field] = column.union()
  }
  const { family, network } = first
  const others = isOfOneNetwork ? null : (alike.get(network)?.subnets[family] ?? null)
  const leadsTo =
    others === null
      ? subnetRange(network[family]?.subnet)
      : uniteRanges(others.subnets.map(({ whole }) => whole))
  return { ...of, region, open, values, leadsTo, alike: others, bounds: { ...region, ...values.sets } }
}
