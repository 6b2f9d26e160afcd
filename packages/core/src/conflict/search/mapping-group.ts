import type { AlikeSubnets, Learner, PacketField } from '@portolan/netfilter/analysis'
import { hasValue, type RangeSet, uniteRanges } from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredState } from '../../contract/index.ts'
import { type Alike, mappingRows } from './mapping-rows.ts'
import { collectRows, type MemberRows, type RowCollector } from './member-rows.ts'
import { alone, type MemberValues, valuesOf } from './member-values.ts'
import { freeFields, type Region } from './region.ts'
import type { Row } from './row.ts'
import { differInPorts, type RowsOf, rowsLikeBefore } from './rows-like-before.ts'
import { portKind, servedRows } from './served-rows.ts'
import { subnetRange } from './subnets.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Mappings that differ only in their host port and in where they lead, on one network or on networks that are alike. Our
 * own rules do the same to each of them, and other rules treat most of them the same. So they are explored together.
 */
export interface MappingGroup {
  readonly members: readonly [DesiredMapping, ...DesiredMapping[]]
  readonly rows: readonly GroupRow[]
}

/** One row of the contract, for each mapping of a group. */
export interface GroupRow extends MemberRows {
  /** The packets of all. */
  readonly region: Region
  /** The fields that are not settled by which mapping it is. */
  readonly open: readonly PacketField[]
  readonly values: MemberValues
  /** The subnets that they lead to. */
  readonly leadsTo: RangeSet | null
  /** Where they are of several networks: those that are alike. */
  readonly alike: AlikeSubnets | null
  /** Where the values of packets and of mappings are at all. */
  readonly bounds: Learner['region']
}

/** A row that stands for itself only. */
export const rowAlone = (row: Row): GroupRow => ({
  ...collectRows(row).finish((member) => (member === 0 ? row : undefined)),
  region: row.region,
  open: freeFields,
  values: alone,
  leadsTo: null,
  alike: null,
  bounds: row.region,
})

/** Mappings of one group that is under way. */
interface Gathered {
  readonly members: [DesiredMapping, ...DesiredMapping[]]
  /** Those of the first. */
  readonly rows: readonly Row[]
  readonly collectors: readonly RowCollector[]
}

/** The rows of a mapping that are looked at. */
export interface RowsOfMapping {
  readonly of: (
    desired: DesiredState,
    mapping: DesiredMapping,
    around: Surroundings,
    alike: Alike,
  ) => readonly Row[]
  /** Of these, what is the mapping's own where other mappings have its port too. */
  readonly ownOf: (desired: DesiredState, rows: readonly Row[]) => readonly Row[]
}

/** What is promised of a mapping. */
export const openRows: RowsOfMapping = { of: mappingRows, ownOf: servedRows }

/** What there is beside the mappings of a project. */
export interface MappingsAround {
  readonly around: Readonly<Record<DesiredMapping['family'], Surroundings>>
  /** Host ports that other projects have too, on some address: a mapping of one of them is looked at alone. */
  readonly taken: RangeSet
  readonly alike: Alike
  /** The mappings of other projects. */
  readonly others: readonly DesiredMapping[]
}

/**
 * Puts together what may be explored together.
 * @param asked - the mappings that are looked at; what they share with the others of the project counts all the same
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
  const rowsOf = rowsLikeBefore(make)
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
    // By place: thousands of mappings have some rows each, and a pair for each takes as much room as they do.
    for (let place = 0; place < rows.length; place += 1) {
      const row = rows[place]
      if (row !== undefined) group.collectors[place]?.add(row, rows[0] ?? row)
    }
  }
  return [...groups.values()].map((group) => groupOf(group, alike, rowsLikeBefore(make)))
}

const collectorsOf = ([first, ...others]: readonly Row[]): readonly RowCollector[] => {
  if (first === undefined) return []
  const leader = collectRows(first)
  return [leader, ...others.map((row) => collectRows(row, leader))]
}

/** 0 to 65535. */
const PORTS = 65_536

/** Which mappings have their port with another one. */
export const sharedPorts = (mappings: readonly DesiredMapping[]): ((mapping: DesiredMapping) => boolean) => {
  // There are twelve kinds at most, and there may be a hundred thousand mappings.
  const counts = new Map<string, Uint8Array>()
  for (const mapping of mappings) {
    const kind = portKind(mapping)
    const ofKind = counts.get(kind) ?? new Uint8Array(PORTS)
    counts.set(kind, ofKind)
    ofKind[mapping.hostPort] = Math.min((ofKind[mapping.hostPort] ?? 0) + 1, 2)
  }
  return (mapping) => (counts.get(portKind(mapping))?.[mapping.hostPort] ?? 1) > 1
}

/** Mostly as of the mapping before, which is known then without a text of its own. */
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

/** What mappings of one group have in common. */
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

/** Names where a packet comes in, or where a mapping leads: the same for bridges of networks that are alike. */
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

/** Takes every mapping of a group for itself. */
export const splitGroup = ({ members, rows }: MappingGroup): readonly MappingGroup[] =>
  members.map((mapping, at) => ({
    members: [mapping],
    rows: rows.flatMap((row) => {
      const own = row.rowOf(at)
      return own === undefined ? [] : [rowAlone(own)]
    }),
  }))

/** One row of several networks. */
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
