import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  emptyRanges,
  hasFewValues,
  hasSomeOf,
  hasValue,
  includesRanges,
  intersectRanges,
  intersects,
  isEmptySet,
  type RangeSet,
  rangeSet,
  singleValue,
  subtractRanges,
  uniteRanges,
} from '../../src/address/range-set.ts'

type Pair = readonly [first: number | bigint, last: number | bigint]

const setOf = (...pairs: readonly Pair[]): RangeSet =>
  rangeSet(pairs.map(([first, last]) => ({ first, last })))
const pairsOf = ({ starts, ends }: RangeSet): readonly (readonly [unknown, unknown])[] =>
  starts.map((start, at) => [start, ends[at]])

describe('a set of ranges', () => {
  test.each<[string, readonly Pair[], readonly Pair[]]>([
    ['of none is empty', [], []],
    ['of one is that one', [[80, 90]], [[80, 90]]],
    [
      'is sorted',
      [
        [80, 90],
        [1, 2],
      ],
      [
        [1, 2],
        [80, 90],
      ],
    ],
    [
      'joins what overlaps',
      [
        [80, 90],
        [85, 99],
      ],
      [[80, 99]],
    ],
    [
      'joins what touches',
      [
        [80, 84],
        [85, 99],
      ],
      [[80, 99]],
    ],
    [
      'keeps apart what has one value between',
      [
        [80, 84],
        [86, 99],
      ],
      [
        [80, 84],
        [86, 99],
      ],
    ],
    [
      'forgets what lies within another',
      [
        [80, 99],
        [85, 86],
        [80, 80],
      ],
      [[80, 99]],
    ],
    [
      'of bigints is the same',
      [
        [9n, 9n],
        [2n ** 127n, 2n ** 128n - 1n],
        [10n, 12n],
      ],
      [
        [9n, 12n],
        [2n ** 127n, 2n ** 128n - 1n],
      ],
    ],
    [
      'goes to the last IPv4 address',
      [
        [4294967295, 4294967295],
        [0, 4294967294],
      ],
      [[0, 4294967295]],
    ],
  ])('%s', (_, given, made) => {
    expect(pairsOf(setOf(...given))).toEqual(made)
  })
})

describe('what is left of a set', () => {
  const from = setOf([10, 20], [30, 40])
  test.each<[string, readonly Pair[], readonly Pair[]]>([
    [
      'without nothing is itself',
      [],
      [
        [10, 20],
        [30, 40],
      ],
    ],
    ['without all is nothing', [[0, 100]], []],
    [
      'without a beginning',
      [[5, 12]],
      [
        [13, 20],
        [30, 40],
      ],
    ],
    [
      'without an end',
      [[18, 25]],
      [
        [10, 17],
        [30, 40],
      ],
    ],
    [
      'without its middle, which spans a gap',
      [[15, 35]],
      [
        [10, 14],
        [36, 40],
      ],
    ],
    [
      'without a hole in each',
      [
        [12, 12],
        [32, 33],
      ],
      [
        [10, 11],
        [13, 20],
        [30, 31],
        [34, 40],
      ],
    ],
    [
      'without what was never in it',
      [
        [0, 9],
        [21, 29],
        [41, 50],
      ],
      [
        [10, 20],
        [30, 40],
      ],
    ],
    [
      'without several holes in one range',
      [
        [10, 10],
        [12, 13],
        [20, 20],
      ],
      [
        [11, 11],
        [14, 19],
        [30, 40],
      ],
    ],
  ])('%s', (_, taken, left) => {
    expect(pairsOf(subtractRanges(from, setOf(...taken)))).toEqual(left)
  })
})

test('the set of one value has that value and no other', () => {
  expect([79, 80, 81].map((value) => hasValue(singleValue(80), value))).toEqual([false, true, false])
  expect(hasValue(singleValue(80n), 80n)).toBe(true)
})

test('the empty set has nothing, is in every set, and is what two strangers share', () => {
  expect(hasValue(emptyRanges, 0)).toBe(false)
  expect(includesRanges(emptyRanges, emptyRanges)).toBe(true)
  expect(includesRanges(setOf([1, 2]), emptyRanges)).toBe(true)
  expect(includesRanges(emptyRanges, setOf([1, 2]))).toBe(false)
  expect(isEmptySet(intersectRanges(setOf([1, 2]), setOf([3, 4])))).toBe(true)
})

// A slow and obviously right set: one bit for each value.
const size = 40
type Bits = readonly boolean[]
const values = Array.from({ length: size }, (_, value) => value)
const bitsOf = (pairs: readonly (readonly [number, number])[]): Bits =>
  values.map((value) => pairs.some(([first, last]) => first <= value && value <= last))

const pairs = fc.array(
  fc
    .tuple(fc.nat(size - 1), fc.nat(8))
    .map(([first, more]) => [first, Math.min(size - 1, first + more)] as const),
  { maxLength: 8 },
)

const kinds = [
  ['numbers', (value: number): number | bigint => value],
  // Beyond what a number could tell apart.
  ['bigints', (value: number): number | bigint => 2n ** 100n + BigInt(value)],
] as const

describe.each(kinds)('sets of %s do what bits do', (_, as) => {
  const made = (given: readonly (readonly [number, number])[]): RangeSet =>
    setOf(...given.map(([first, last]): Pair => [as(first), as(last)]))
  const bits = (set: RangeSet): Bits => values.map((value) => hasValue(set, as(value)))

  test('and are sorted, disjoint and not touching', () => {
    fc.assert(
      fc.property(pairs, pairs, (a, b) => {
        const [one, two] = [made(a), made(b)]
        const whole = BigInt(as(0))
        const all: readonly (readonly [RangeSet, Bits])[] = [
          [one, bitsOf(a)],
          [intersectRanges(one, two), values.map((at) => bitsOf(a)[at] === true && bitsOf(b)[at] === true)],
          [subtractRanges(one, two), values.map((at) => bitsOf(a)[at] === true && bitsOf(b)[at] === false)],
        ]
        for (const [set, wanted] of all) {
          expect(bits(set)).toEqual(wanted)
          expect(set.starts).toHaveLength(set.ends.length)
          for (const [at, start] of set.starts.entries()) {
            expect(start <= (set.ends[at] ?? -1)).toBe(true)
            if (at > 0)
              expect(BigInt(start) - whole).toBeGreaterThan(BigInt(set.ends[at - 1] ?? 0) - whole + 1n)
          }
        }
        // The same many times over, in another order, as one and as sets of one range each.
        const many = Array.from({ length: 40 }, () => a.toReversed()).flat()
        expect(made(many)).toEqual(one)
        expect(uniteRanges(many.map((pair) => made([pair])))).toEqual(one)
        expect(isEmptySet(one)).toBe(!bitsOf(a).includes(true))
        const count = bitsOf(a).filter((bit) => bit).length
        expect([0, 5, 20, 40].map((most) => hasFewValues(one, most))).toEqual(
          [0, 5, 20, 40].map((most) => count <= most),
        )
        expect(intersects(one, two)).toBe(!isEmptySet(intersectRanges(one, two)))
        expect(includesRanges(one, two)).toBe(values.every((at) => bitsOf(b)[at] !== true || bitsOf(a)[at]))
      }),
      { numRuns: 500 },
    )
  })
})

describe('sets of many ranges', () => {
  const range = fc.tuple(fc.nat(200), fc.nat(3)).map(([first, more]): Pair => [first, first + more])
  const values = Array.from({ length: 205 }, (_, value) => value)
  const isIn = (set: RangeSet, value: number): boolean =>
    set.starts.some((start, at) => start <= value && value <= (set.ends[at] ?? -1))

  test('have what a walk over their ranges finds', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 30 }), fc.array(range, { maxLength: 30 }), (a, b) => {
        const [one, two] = [setOf(...a), setOf(...b)]
        const both = values.filter((value) => isIn(one, value) && isIn(two, value))
        expect(intersects(one, two)).toBe(both.length > 0)
        expect(pairsOf(intersectRanges(one, two))).toEqual(
          pairsOf(setOf(...both.map((at): Pair => [at, at]))),
        )
        const left = values.filter((value) => isIn(one, value) && !isIn(two, value))
        expect(pairsOf(subtractRanges(one, two))).toEqual(pairsOf(setOf(...left.map((at): Pair => [at, at]))))
      }),
    )
  })

  test('have some of a range exactly where one of its values is theirs', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 30 }), range, (pairs, [first, last]) => {
        const set = setOf(...pairs)
        const wanted = values.some((value) => first <= value && value <= last && isIn(set, value))
        expect(hasSomeOf(set, first, last)).toBe(wanted)
      }),
    )
  })

  test('are the very same set where nothing is taken out of them', () => {
    const set = setOf([10, 20], [30, 40])
    expect(intersectRanges(set, setOf([0, 50]))).toBe(set)
    expect(subtractRanges(set, setOf([0, 5], [50, 60]))).toEqual(set)
    expect(subtractRanges(set, setOf([0, 5]))).toBe(set)
  })
})
