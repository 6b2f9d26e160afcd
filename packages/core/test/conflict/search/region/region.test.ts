import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  hasValue,
  isSingleValue,
  type RangeSet,
  rangeSet,
} from '../../../../../netfilter/src/address/range-set.ts'
import type { Condition } from '../../../../../netfilter/src/evaluate/learn/learner.ts'
import type { PacketField } from '../../../../../netfilter/src/evaluate/packet/free-field.ts'
import {
  freeFields,
  isEmptyRegion,
  narrow,
  type Point,
  pick,
  type Region,
  without,
} from '../../../../src/conflict/search/region/region.ts'

type Asked = Condition & { readonly field: PacketField }

const set = (...pairs: readonly (readonly [number, number])[]): RangeSet =>
  rangeSet(pairs.map(([first, last]) => ({ first, last })))

const has = (region: Region, point: Point): boolean =>
  freeFields.every((field) => hasValue(region[field], point[field]))

// Four values for each field, so that every packet can be tested.
const values = [0, 1, 2, 3]
const points: readonly Point[] = values.flatMap((saddr) =>
  values.flatMap((daddr) =>
    values.flatMap((sport) => values.map((dport): Point => ({ saddr, daddr, sport, dport }))),
  ),
)

const sets = fc.subarray(values).map((some) => rangeSet(some.map((value) => ({ first: value, last: value }))))
const regions: fc.Arbitrary<Region> = fc.record({ saddr: sets, daddr: sets, sport: sets, dport: sets })
const conditions: fc.Arbitrary<readonly Asked[]> = fc.array(
  fc.record({
    field: fc.constantFrom(...freeFields),
    set: sets,
    inside: fc.boolean(),
    isOfTable: fc.constant(false),
  }),
  { maxLength: 24 },
)

const meets = (point: Point, { field, set: some, inside }: Asked): boolean =>
  hasValue(some, point[field]) === inside

test('narrowing leaves the packets that meet every condition, and no others', () => {
  fc.assert(
    fc.property(regions, conditions, (region, all) => {
      const narrowed = narrow(region, all)
      const wrong = points.filter(
        (point) => has(narrowed, point) !== (has(region, point) && all.every((one) => meets(point, one))),
      )
      expect(wrong).toEqual([])
    }),
    { numRuns: 200 },
  )
})

test('a cell and what is left without it are the whole, and no packet is in two of them', () => {
  fc.assert(
    fc.property(regions, conditions, (region, all) => {
      const cell = narrow(region, all)
      fc.pre(!isEmptyRegion(cell))
      const parts = [cell, ...without(region, cell)]
      const wrong = points.filter(
        (point) => parts.filter((part) => has(part, point)).length !== (has(region, point) ? 1 : 0),
      )
      expect(wrong).toEqual([])
      expect(parts.some(isEmptyRegion)).toBe(false)
    }),
    { numRuns: 200 },
  )
})

test('a packet that is picked is one of the region', () => {
  fc.assert(
    fc.property(regions, fc.option(sets), (region, prefers) => {
      fc.pre(!isEmptyRegion(region))
      expect(has(region, pick(region, { prefers }))).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('a packet that is picked has two addresses and two ports, where the region has such a packet', () => {
  fc.assert(
    fc.property(regions, fc.option(sets), (region, prefers) => {
      fc.pre(!isEmptyRegion(region))
      const { saddr, daddr, sport, dport } = pick(region, {
        prefers,
        ...(prefers && { prefersFrom: prefers }),
      })
      const isOne = (a: RangeSet, b: RangeSet): boolean =>
        isSingleValue(a) && isSingleValue(b) && a.starts[0] === b.starts[0]
      expect(saddr === daddr).toBe(isOne(region.saddr, region.daddr))
      expect(sport === dport).toBe(isOne(region.sport, region.dport))
    }),
    { numRuns: 200 },
  )
})

describe('a packet is picked as people would choose it', () => {
  const all = set([0, 0xffffffff])
  const region: Region = { saddr: all, daddr: all, sport: set([1024, 65535]), dport: set([1, 65535]) }

  test('addresses from documentation, a high source port, a port that is known', () => {
    expect(pick(region)).toEqual({ saddr: 0xc6336407, daddr: 0xcb007107, sport: 40000, dport: 443 })
  })

  test('a destination that is preferred, where there is one', () => {
    expect(pick(region, { prefers: set([0xc0000202, 0xc0000202]) }).daddr).toBe(0xc0000202)
    expect(pick({ ...region, daddr: set([5, 5]) }, { prefers: set([7, 7]) }).daddr).toBe(5)
  })

  test('of others not the very first of the largest range, which names a network', () => {
    expect(pick({ ...region, saddr: set([1, 3], [0x0a000000, 0x0affffff]) }).saddr).toBe(0x0a000007)
  })

  test('of an IPv6 region bigints', () => {
    const wide: RangeSet = { starts: [0n], ends: [(1n << 128n) - 1n] }
    expect(pick({ ...region, saddr: wide, daddr: wide }).saddr).toBe(0x20010db8000000000000000000000007n)
  })
})
