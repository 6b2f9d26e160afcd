import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  firstAddress,
  formatAddress,
  lastAddress,
  parseAddress,
  rangePrefixes,
} from '../../src/address/index.ts'

const cover = (first: string, last: string) =>
  rangePrefixes(parseAddress(first), parseAddress(last)).map(
    (prefix) => `${formatAddress(firstAddress(prefix))}/${prefix.length}`,
  )

test.each([
  ['10.0.0.1', '10.0.0.1', ['10.0.0.1/32']],
  ['10.0.0.0', '10.0.0.255', ['10.0.0.0/24']],
  ['10.0.0.129', '10.0.0.132', ['10.0.0.129/32', '10.0.0.130/31', '10.0.0.132/32']],
  ['0.0.0.0', '255.255.255.255', ['0.0.0.0/0']],
  ['fd00::', 'fd00::ffff', ['fd00::/112']],
  ['10.0.0.2', '10.0.0.1', []],
  ['10.0.0.1', 'fd00::1', []],
])('%s to %s is covered by %j', (first, last, expected) => {
  expect(cover(first, last)).toEqual(expected)
})

test('the prefixes of a range touch one another, and begin and end where it does', () => {
  const value = fc.integer({ min: 0, max: 2 ** 32 - 1 })
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)]
      const prefixes = rangePrefixes({ family: 'ip', value: low }, { family: 'ip', value: high })
      expect(Number(prefixes[0]?.base)).toBe(low)
      for (const [at, prefix] of prefixes.entries()) {
        const next = prefixes[at + 1]
        expect(Number(lastAddress(prefix).value)).toBe(next === undefined ? high : Number(next.base) - 1)
      }
    }),
  )
})
