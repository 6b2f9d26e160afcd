import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  formatPrefix,
  hasAddress,
  parseAddress,
  parsePrefix,
  prefixSet,
  subtractPrefixes,
} from '../../src/index.ts'

const subtract = (prefix: string, ...holes: string[]) =>
  subtractPrefixes(
    parsePrefix(prefix),
    holes.map((hole) => parsePrefix(hole)),
  ).map(formatPrefix)

test.each([
  ['10.0.0.0/8', [], ['10.0.0.0/8']],
  ['10.0.0.0/8', ['11.0.0.0/8', 'fd00::/8'], ['10.0.0.0/8']],
  ['10.0.0.0/8', ['10.0.0.0/8'], []],
  ['10.0.0.0/8', ['0.0.0.0/0'], []],
  ['10.0.0.0/8', ['10.128.0.0/9'], ['10.0.0.0/9']],
  ['10.0.0.0/30', ['10.0.0.2/32'], ['10.0.0.0/31', '10.0.0.3/32']],
  ['fd00::/126', ['fd00::1/128', 'fd00::2/127'], ['fd00::/128']],
])('%s without %j is %j', (prefix, holes, left) => {
  expect(subtract(prefix, ...holes)).toEqual(left)
})

test('what is left holds exactly the addresses that are in the prefix and in no hole', () => {
  const inner = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 22, max: 32 }))
    .map(([last, length]) => `10.0.0.${last}/${length}`)
  fc.assert(
    fc.property(fc.array(inner, { maxLength: 6 }), (holes) => {
      const left = prefixSet(subtract('10.0.0.0/24', ...holes).map((text) => parsePrefix(text)))
      const taken = prefixSet(holes.map((text) => parsePrefix(text)))
      for (let last = 0; last < 256; last += 1) {
        const address = parseAddress(`10.0.0.${last}`)
        expect(hasAddress(left, address)).toBe(!hasAddress(taken, address))
      }
    }),
  )
})
