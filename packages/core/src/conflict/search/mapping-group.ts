import {
  emptyRanges,
  hasValue,
  isSingleValue,
  type RangeSet,
  rangeSet,
  singleValue,
} from '../../address/range-set.ts'
import type { DesiredMapping, DesiredState } from '../../desired/index.ts'
import type { AlikeSubnets } from '../../evaluate/alike-subnets.ts'
import {
  type Condition,
  isMemberField,
  type Learner,
  type MemberField,
  type PacketField,
} from '../../evaluate/learner.ts'
import { type MembersWith, numbersBelow } from './area.ts'
import { type Alike, mappingRows } from './mapping-rows.ts'
import { freeFields, type Region } from './region.ts'
import type { Row } from './row.ts'
import { portKey, servedRows } from './served-rows.ts'
import { addressValue, subnetRange } from './subnets.ts'
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
export interface GroupRow {
  /** That of each, by its number. */
  readonly rows: readonly [Row, ...Row[]]
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

/** What tells the mappings of a group from one another. */
export interface MemberValues {
  /** That of each, by its number; absent where all have the same. */
  readonly of: Readonly<Partial<Record<MemberField, readonly (number | bigint)[]>>>
  readonly sets: Readonly<Partial<Record<MemberField, RangeSet>>>
  readonly membersWith: MembersWith
}

/** Nothing is told from anything. */
const alone: MemberValues = { of: {}, sets: {}, membersWith: () => singleValue(0) }

/** A row that stands for itself only. */
export const rowAlone = (row: Row): GroupRow => ({
  rows: [row],
  region: row.region,
  open: freeFields,
  values: alone,
  leadsTo: null,
  alike: null,
  bounds: row.region,
})

interface Member {
  readonly mapping: DesiredMapping
  readonly rows: readonly Row[]
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

/**
 * Puts together what may be explored together.
 *
 * @param taken - host ports that other projects have too, on some address: a mapping of one of them is looked at alone
 * @param others - the mappings of other projects
 */
export const groupMappings = (
  desired: DesiredState,
  around: Readonly<Record<DesiredMapping['family'], Surroundings>>,
  taken: RangeSet,
  alike: Alike,
  others: readonly DesiredMapping[],
  { of, ownOf }: RowsOfMapping,
): readonly MappingGroup[] => {
  const placeOf = placesByBridge(alike)
  const onPort = new Map<string, number>()
  const all: DesiredState =
    others.length === 0 ? desired : { ...desired, mappings: [...desired.mappings, ...others] }
  for (const mapping of all.mappings) onPort.set(portKey(mapping), (onPort.get(portKey(mapping)) ?? 0) + 1)
  const groups = new Map<string, [Member, ...Member[]]>()
  for (const [at, mapping] of desired.mappings.entries()) {
    const rows = of(desired, mapping, around[mapping.family], alike)
    const isShared = (onPort.get(portKey(mapping)) ?? 1) > 1
    const isAlone = mapping.targets.length > 1 || isShared || hasValue(taken, mapping.hostPort)
    const one: Member = { mapping, rows: isShared ? ownOf(all, rows) : rows }
    const key = isAlone ? String(at) : kindOf(mapping, rows, placeOf)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  return [...groups.values()].map((group) => groupOf(group, alike))
}

/** What mappings of one group have in common. */
const kindOf = (mapping: DesiredMapping, rows: readonly Row[], placeOf: PlaceOf): string => {
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
type PlaceOf = (bridge: string | null) => string | number | null

const placesByBridge = (alike: Alike): PlaceOf => {
  const numbers = new Map([...new Set(alike.values())].map((one, at) => [one, at]))
  const places = new Map([...alike].map(([{ bridge }, one]) => [bridge, numbers.get(one) ?? null]))
  return (bridge) => (bridge === null ? null : (places.get(bridge) ?? bridge))
}

const groupOf = (group: readonly [Member, ...Member[]], alike: Alike): MappingGroup => {
  const [{ mapping, rows: firstRows }, ...others] = group
  const members = [mapping, ...others.map((one) => one.mapping)] as const
  const values = members.length < 2 ? alone : valuesOf(members)
  const count = firstRows.length
  const rows = Array.from({ length: count }, (_, at): readonly GroupRow[] => {
    const [first, ...more] = group.flatMap((one) => one.rows[at] ?? [])
    return first === undefined ? [] : [groupRows([first, ...more], alike, values)]
  })
  return { members, rows: rows.flat() }
}

/** Takes every mapping of a group for itself. */
export const splitGroup = ({ members, rows }: MappingGroup): readonly MappingGroup[] =>
  members.map((mapping, at) => ({
    members: [mapping],
    rows: rows.flatMap((row) => {
      const own = row.rows[at]
      return own === undefined ? [] : [rowAlone(own)]
    }),
  }))

const valuesOf = (members: readonly DesiredMapping[]): MemberValues => {
  const of: Partial<Record<MemberField, readonly (number | bigint)[]>> = {}
  const sets: Partial<Record<MemberField, RangeSet>> = {}
  const known: Partial<Record<MemberField, Numbers>> = {}
  for (const [field, read] of Object.entries(reads) as [MemberField, (mapping: DesiredMapping) => number][]) {
    const values = members.map(read)
    if (values.every((value) => value === values[0])) continue
    of[field] = values
    sets[field] = rangeSet(values.map((value) => ({ first: value, last: value })))
    known[field] = numbersOf(values)
  }
  const all = numbersBelow(members.length)
  return { of, sets, membersWith: findMembers(all, of, known) }
}

const reads: Readonly<Record<MemberField, (mapping: DesiredMapping) => number | bigint>> = {
  targetAddress: ({ targets: [{ address }] }) => addressValue(address),
  targetPort: ({ targets: [{ port }] }) => port,
  hostPort: ({ hostPort }) => hostPort,
}

/** The numbers of the members that have a value: one of them, or several. */
type Numbers = ReadonlyMap<number | bigint, number | readonly number[]>

const numbersOf = (values: readonly (number | bigint)[]): Numbers => {
  const numbers = new Map<number | bigint, number | number[]>()
  for (const [at, value] of values.entries()) {
    const known = numbers.get(value)
    // Most values are of one mapping: a list for each of a hundred thousand would take much room.
    if (known === undefined) numbers.set(value, at)
    else if (typeof known === 'number') numbers.set(value, [known, at])
    else known.push(at)
  }
  return numbers
}

const membersIn = (numbers: number | readonly number[] | undefined): RangeSet => {
  if (numbers === undefined) return emptyRanges
  if (typeof numbers === 'number') return singleValue(numbers)
  return rangeSet(numbers.map((at) => ({ first: at, last: at })))
}

/** Sets that rules ask for are met again and again: what was found of one is kept. */
const findMembers = (
  all: RangeSet,
  of: MemberValues['of'],
  numbers: Readonly<Partial<Record<MemberField, Numbers>>>,
): MembersWith => {
  const found = new Map<string, WeakMap<RangeSet, RangeSet>>()
  const find = ({
    field,
    set,
    inside,
  }: Pick<Condition, 'set' | 'inside'> & { readonly field: MemberField }): RangeSet => {
    const [first] = set.starts
    if (inside && first !== undefined && isSingleValue(set)) return membersIn(numbers[field]?.get(first))
    return numbersWhere(of[field] ?? [], (value) => hasValue(set, value) === inside)
  }
  return (condition) => {
    const { field, set, inside } = condition
    if (!isMemberField(field)) return all
    const key = `${field} ${inside}`
    const known = found.get(key) ?? new WeakMap<RangeSet, RangeSet>()
    found.set(key, known)
    const before = known.get(set)
    if (before !== undefined) return before
    const made = find({ field, set, inside })
    known.set(set, made)
    return made
  }
}

/** The places of the values of which it is true. */
const numbersWhere = (
  values: readonly (number | bigint)[],
  isTrue: (value: number | bigint) => boolean,
): RangeSet => {
  const starts: number[] = []
  const ends: number[] = []
  for (const [at, value] of values.entries()) {
    if (!isTrue(value)) continue
    if (ends.at(-1) === at - 1) ends[ends.length - 1] = at
    else {
      starts.push(at)
      ends.push(at)
    }
  }
  return { starts, ends }
}

/** One row of several mappings, or of several networks. */
export const groupRows = (
  rows: readonly [Row, ...Row[]],
  alike: Alike,
  values: MemberValues = alone,
): GroupRow => {
  const [first] = rows
  const region = { ...first.region }
  const open: PacketField[] = []
  for (const field of freeFields) {
    const sets = rows.map((row) => row.region[field])
    if (sets.every((set) => set === sets[0])) {
      open.push(field)
      continue
    }
    if (!sets.every(isSingleValue)) open.push(field)
    region[field] = rangeSet([...new Set(sets)].flatMap(listed))
  }
  const { family, network } = first
  const isOfOne = rows.every((row) => row.network === network)
  const others = isOfOne ? null : (alike.get(network)?.subnets[family] ?? null)
  const leadsTo =
    others === null
      ? subnetRange(network[family]?.subnet)
      : rangeSet(others.subnets.flatMap(({ whole }) => listed(whole)))
  return { rows, region, open, values, leadsTo, alike: others, bounds: { ...region, ...values.sets } }
}

const listed = ({ starts, ends }: RangeSet) => starts.map((first, at) => ({ first, last: ends[at] ?? first }))
