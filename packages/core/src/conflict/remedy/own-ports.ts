import type { Family } from '@portolan/netfilter'
import { protocolNumber } from '@portolan/netfilter'
import {
  type Condition,
  type Exclusion,
  type FreeField,
  hasValue,
  isMemberField,
  isSingleValue,
  type Learner,
  type MemberField,
  type RangeSet,
  uniteRanges,
  valueSet,
} from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredState } from '../../contract/index.ts'
import { kindOf, sharedPorts } from '../search/group/mapping-group.ts'
import { valuesOf } from '../search/group/member-values.ts'
import { numbersIn } from '../search/region/area.ts'
import { meet, type Point, type Region } from '../search/region/region.ts'
import { addressValue, subnetRange } from '../search/rows/subnets.ts'
import type { Surroundings } from '../search/rows/surroundings.ts'
import { type Arriving, loopback } from './open-packets.ts'

/**
 * Host ports of mappings that the managed rules treat alike, as in the search. A packet to one of them stands for
 * packets to the others while no foreign rule tells them apart.
 */
export interface PortClass {
  /** The values that distinguish the mapping of a port from the others. */
  readonly valuesAt: (port: number | bigint) => ReadonlyMap<MemberField, number | bigint>
  /** The subnets that the mappings lead to; null: there are none. */
  readonly leadsTo: RangeSet | null
  readonly boundsIn: (region: Region) => Learner['region']
  /** Converts what was learnt about a packet to one port from conditions on mappings to conditions on packets. */
  readonly ofPackets: (learned: Learned) => Learned
}

/** What the way of a packet depended on. */
export interface Learned {
  readonly conditions: readonly Condition[]
  readonly exclusions: readonly Exclusion[]
}

/** The class that a packet of a region stands for; null: none. */
export type OwnPorts = (packets: Arriving, region: Region, point: Point) => PortClass | null

/** The host and the other mappings around the mappings of a project. */
export interface PortsBeside {
  readonly around: Readonly<Record<Family, Surroundings>>
  /** Host ports that other projects also use on some address. */
  readonly taken: RangeSet
  /** The mappings of other projects. */
  readonly others: readonly DesiredMapping[]
}

/** The classes of a project. They are made on first use: most hosts have no remedy to check. */
export const ownPorts = (desired: DesiredState, beside: PortsBeside): OwnPorts => {
  let known: ReadonlyMap<string, ReadonlyMap<number, Members>> | null = null
  const made = new Map<Members, PortClass>()
  const served = { ip: servedBy('ip', beside), ip6: servedBy('ip6', beside) }
  return ({ family, protocol }, { dport }, point) => {
    if (isSingleValue(dport) || !hasValue(served[family], point.daddr)) return null
    known ??= membersByPort(desired, beside)
    const members = known.get(`${family} ${protocol}`)?.get(Number(point.dport))
    // A single port stands for no others. And packets from a container to itself differ from those to another
    // container.
    if (members === undefined || isSingleValue(meet(members.ports, dport, true))) return null
    if (hasValue(members.targets, point.saddr)) return null
    const found = made.get(members) ?? classOf(desired, members, served[family])
    made.set(members, found)
    return found
  }
}

/** The addresses of the host that packets may be sent to. */
const servedBy = (family: Family, { around }: PortsBeside): RangeSet =>
  uniteRanges([around[family].addresses, loopback[family]])

interface Members {
  readonly mappings: readonly DesiredMapping[]
  readonly ports: RangeSet
  /** The addresses of the mappings' targets. */
  readonly targets: RangeSet
}

const membersByPort = (
  desired: DesiredState,
  { taken, others }: PortsBeside,
): ReadonlyMap<string, ReadonlyMap<number, Members>> => {
  const isShared = sharedPorts([...desired.mappings, ...others])
  const kinds = new Map<string, DesiredMapping[]>()
  for (const mapping of desired.mappings) {
    if (mapping.kind !== 'nat' || mapping.targets.length > 1) continue
    if (isShared(mapping) || hasValue(taken, mapping.hostPort)) continue
    const kind = kindOf(mapping, [], (bridge) => bridge)
    const alike = kinds.get(kind)
    if (alike === undefined) kinds.set(kind, [mapping])
    else alike.push(mapping)
  }
  const byPort = new Map<string, Map<number, Members>>()
  for (const mappings of kinds.values()) {
    const [first] = mappings
    if (first === undefined || mappings.length === 1) continue
    const key = `${first.family} ${protocolNumber[first.protocol]}`
    const ofKey = byPort.get(key) ?? new Map<number, Members>()
    byPort.set(key, ofKey)
    const members: Members = {
      mappings,
      ports: valueSet(mappings.map(({ hostPort }) => hostPort)),
      targets: valueSet(mappings.map(({ targets: [{ address }] }) => addressValue(address))),
    }
    for (const { hostPort } of mappings) ofKey.set(hostPort, members)
  }
  return byPort
}

const classOf = (desired: DesiredState, { mappings, ports }: Members, served: RangeSet): PortClass => {
  const values = valuesOf(mappings)
  const places = new Map<number | bigint, number>(mappings.map(({ hostPort }, at) => [hostPort, at]))
  const bounds = new WeakMap<Region, Learner['region']>()
  const inPorts = new WeakMap<RangeSet, RangeSet>()
  const portsOf = (members: RangeSet): RangeSet => {
    const known = inPorts.get(members)
    if (known !== undefined) return known
    const made = valueSet(numbersIn(members).flatMap((at) => mappings[at]?.hostPort ?? []))
    inPorts.set(members, made)
    return made
  }
  const ofPacket = (condition: Condition): Condition => {
    const { field } = condition
    if (field === 'hostPort') return { ...condition, field: 'dport' }
    if (!isMemberField(field)) return condition
    return { ...condition, field: 'dport', set: portsOf(values.membersWith(condition)), inside: true }
  }
  const own = [within('daddr', served), within('dport', ports)]
  const network = desired.networks.find(({ name }) => name === mappings[0]?.targets[0].network)
  return {
    valuesAt: (port) => {
      const at = places.get(port) ?? 0
      return new Map(
        memberFields.flatMap((field) => {
          const value = values.of[field]?.[at]
          return value === undefined ? [] : [[field, value] as const]
        }),
      )
    },
    leadsTo: subnetRange(network?.[mappings[0]?.family ?? 'ip']?.subnet),
    boundsIn: (region) => {
      const known = bounds.get(region)
      if (known !== undefined) return known
      const made = { ...region, ...values.sets }
      bounds.set(region, made)
      return made
    },
    ofPackets: ({ conditions, exclusions }) => ({
      conditions: [...own, ...conditions.map(ofPacket)],
      exclusions: exclusions.map((one) => ({ ...one, all: one.all.map(ofPacket) })),
    }),
  }
}

const memberFields: readonly MemberField[] = ['hostPort', 'targetPort', 'targetAddress']

const within = (field: FreeField, set: RangeSet): Condition => ({
  field,
  set,
  inside: true,
  isOfTable: false,
})
