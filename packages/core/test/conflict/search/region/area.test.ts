import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hasValue, type RangeSet, rangeSet } from '../../../../../netfilter/src/address/range-set.ts'
import type { Condition, Exclusion } from '../../../../../netfilter/src/evaluate/learn/learner.ts'
import {
  type Area,
  holds,
  leftOf,
  type MemberPoint,
  narrowArea,
  numbersBelow,
  pickFrom,
  pinTo,
  regionsOf,
  sparedRegion,
} from '../../../../src/conflict/search/region/area.ts'
import { freeFields, type Region } from '../../../../src/conflict/search/region/region.ts'

// Three values for each field, and three mappings by number, so that every packet can be tested.
const values = [0, 1, 2]
const packets: readonly MemberPoint[] = values.flatMap((member) =>
  values.flatMap((saddr) =>
    values.flatMap((daddr) =>
      values.flatMap((sport) =>
        values.map((dport): MemberPoint => ({ member, point: { saddr, daddr, sport, dport } })),
      ),
    ),
  ),
)

const single = (value: number) => ({ first: value, last: value })
const sets = fc.subarray(values, { minLength: 1 }).map((some) => rangeSet(some.map(single)))
const condition: fc.Arbitrary<Condition> = fc.record({
  field: fc.constantFrom(...freeFields, 'hostPort' as const, 'hostPort' as const),
  set: sets,
  inside: fc.boolean(),
  isOfTable: fc.constant(false),
})
const conditions = fc.array(condition, { maxLength: 3 })
const exclusions: fc.Arbitrary<readonly Exclusion[]> = fc.array(
  fc
    .array(condition, { minLength: 1, maxLength: 3 })
    .map((all): Exclusion => ({ all, failsByMember: false })),
  { maxLength: 4 },
)

const membersWith = ({ set, inside }: Condition): RangeSet =>
  rangeSet(values.filter((value) => hasValue(set, value) === inside).map(single))

const meets = ({ member, point }: MemberPoint, { field, set, inside }: Condition): boolean =>
  hasValue(set, field === 'hostPort' ? member : Number(Reflect.get(point, field))) === inside

const all = rangeSet(values.map(single))
const everything: Region = { saddr: all, daddr: all, sport: all, dport: all }

const whole: Area = { members: numbersBelow(values.length), region: everything, holes: [] }

/** An area with holes, as searches make it: some conditions hold, and others do not. */
const areas = fc
  .tuple(conditions, exclusions)
  .map(([all, some]) => narrowArea(whole, all, some, membersWith).area)

/** The same with so many small holes that they are looked up by their mapping. */
const manyExclusions: fc.Arbitrary<readonly Exclusion[]> = fc.array(
  fc
    .array(condition, { minLength: 4, maxLength: 6 })
    .map((all): Exclusion => ({ all, failsByMember: false })),
  { minLength: 40, maxLength: 60 },
)
const pierced = manyExclusions.map((some) => narrowArea(whole, [], some, membersWith).area)

test('what is narrowed meets all conditions and none of the exclusions, and nothing else does', () => {
  fc.assert(
    fc.property(areas, conditions, exclusions, (area, all, some) => {
      const { area: narrowed } = narrowArea(area, all, some, membersWith)
      const wrong = packets.filter(
        (packet) =>
          holds(narrowed, packet) !==
          (holds(area, packet) &&
            all.every((one) => meets(packet, one)) &&
            !some.some((one) => one.all.every((each) => meets(packet, each)))),
      )
      expect(wrong).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('what goes one way and what is left are the whole area, and no packet is in two of them', () => {
  fc.assert(
    fc.property(
      areas,
      conditions,
      fc.oneof(exclusions, manyExclusions),
      fc.option(fc.constantFrom(...values)),
      (area, all, some, one) => {
        const narrowed = narrowArea(area, all, some, membersWith)
        fc.pre(one === null || hasValue(narrowed.area.members, one))
        const taken = one === null ? narrowed : pinTo(narrowed, one)
        fc.pre(packets.some((packet) => holds(taken.area, packet)))
        const parts = [taken.area, ...leftOf(area, taken)]
        const wrong = packets.filter(
          (packet) => parts.filter((part) => holds(part, packet)).length !== (holds(area, packet) ? 1 : 0),
        )
        expect(wrong).toEqual([])
      },
    ),
    { numRuns: 300 },
  )
})

test('the regions of one mapping hold its packets of the area, each once', () => {
  fc.assert(
    fc.property(fc.oneof(areas, pierced), fc.constantFrom(...values), sets, (area, member, saddr) => {
      const regions = regionsOf(area, member, { ...everything, saddr })
      const wrong = packets.filter(
        (packet) =>
          packet.member === member &&
          regions.filter((one) => freeFields.every((field) => hasValue(one[field], packet.point[field])))
            .length !== (holds(area, packet) && hasValue(saddr, packet.point.saddr) ? 1 : 0),
      )
      expect(wrong).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('where a source is spared by all holes, each address and source port that is left is one of the area', () => {
  const anySource = (regions: readonly Region[]): readonly string[] =>
    packets.flatMap(({ point: { daddr, sport, dport } }) =>
      regions.some(
        (one) => hasValue(one.daddr, daddr) && hasValue(one.sport, sport) && hasValue(one.dport, dport),
      )
        ? [`${daddr} ${sport} ${dport}`]
        : [],
    )
  fc.assert(
    fc.property(fc.oneof(areas, pierced), fc.constantFrom(...values), sets, (area, member, saddr) => {
      const own: Region = { ...everything, saddr }
      const spared = sparedRegion(area, member, own)
      if (spared !== null) expect(anySource([spared])).toEqual(anySource(regionsOf(area, member, own)))
    }),
    { numRuns: 300 },
  )
})

test('a packet is picked of the area and of its own mapping, if there is one', () => {
  fc.assert(
    fc.property(areas, fc.array(sets, { minLength: 3, maxLength: 3 }), (area, own) => {
      const regionOf = (member: number): Region => ({ ...everything, saddr: own[member] ?? rangeSet([]) })
      const isOne = (packet: MemberPoint): boolean =>
        holds(area, packet) && hasValue(regionOf(packet.member).saddr, packet.point.saddr)
      const picked = pickFrom(area, (member) => ({ region: regionOf(member), prefers: null }))
      expect(picked === null ? !packets.some(isOne) : isOne(picked)).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('no packet is picked that goes to its own source, where there is none in the row', () => {
  fc.assert(
    fc.property(areas, (area) => {
      const isOne = (packet: MemberPoint): boolean =>
        holds(area, packet) && packet.point.saddr !== packet.point.daddr
      const picked = pickFrom(area, () => ({ region: everything, prefers: null, isApart: true }))
      expect(picked === null ? !packets.some(isOne) : isOne(picked)).toBe(true)
    }),
    { numRuns: 300 },
  )
})
