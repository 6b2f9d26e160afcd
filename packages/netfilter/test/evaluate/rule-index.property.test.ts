import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mergePlaces } from '../../src/evaluate/chain/rule-index.ts'
import { cutSegments, findSegment } from '../../src/evaluate/value/segments.ts'

const owned = fc
  .tuple(fc.nat(40), fc.nat(12), fc.nat(6))
  .map(([first, more, owner]) => ({ first, last: Math.min(first + more, 45), owner }))

describe.each<[string, (value: number) => number | bigint]>([
  ['numbers', (value) => value],
  ['the last addresses of IPv4', (value) => 0xffffffff - 45 + value],
  ['bigints', (value) => 2n ** 127n + BigInt(value)],
])('segments of %s', (_, as) => {
  test('find whose ranges hold a value, as a walk over all ranges does', () => {
    fc.assert(
      fc.property(fc.array(owned, { minLength: 1, maxLength: 12 }), (plain) => {
        const ranges = plain.map(({ first, last, owner }) => ({ first: as(first), last: as(last), owner }))
        const segments = cutSegments(ranges, 10_000)
        expect(segments).not.toBeNull()
        if (segments === null) return
        for (let value = 0; value <= 45; value += 1) {
          const owners = plain.filter(({ first, last }) => first <= value && value <= last)
          const wanted = [...new Set(owners.map(({ owner }) => owner))].sort((a, b) => a - b)
          expect(findSegment(segments, as(value))).toEqual(wanted)
        }
      }),
    )
  })
})

test('ranges that overlap too much are not cut', () => {
  const nested = Array.from({ length: 20 }, (_, at) => ({ first: at, last: 100 - at, owner: at }))
  expect(cutSegments(nested, 100)).toBeNull()
  expect(cutSegments(nested, 1_000)).not.toBeNull()
})

test('rising lists are merged without doubles', () => {
  const rising = fc.uniqueArray(fc.nat(30)).map((some) => some.sort((a, b) => a - b))
  fc.assert(
    fc.property(rising, rising, (a, b) => {
      expect(mergePlaces(a, b)).toEqual([...new Set([...a, ...b])].sort((x, y) => x - y))
    }),
  )
})
