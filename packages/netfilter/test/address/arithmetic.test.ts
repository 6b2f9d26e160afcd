import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  addToAddress,
  formatAddress,
  formatPrefix,
  hasAddress,
  overlapsSet,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixAfter,
  prefixesOverlap,
  prefixSet,
  subnetsBetween,
} from '../../src/address/index.ts'

const text = (prefix: Prefix | null): string | null => (prefix === null ? null : formatPrefix(prefix))

describe('the prefix after another', () => {
  // V9, PrefixAfter
  test.each([
    ['10.0.10.0/24', 24, '10.0.11.0/24'],
    ['10.0.10.0/24', 16, '10.1.0.0/16'],
    ['10.10.0.0/16', 24, '10.11.0.0/24'],
    ['2001:db8:feed:cafe:b000:dead::/96', 16, '2002::/16'],
    ['ffff::/16', 16, null],
    ['2001:db8:1::/48', 64, '2001:db8:2::/64'],
  ])('%s at size %s is %s', (prefix, length, expected) => {
    expect(text(prefixAfter(parsePrefix(prefix), length))).toBe(expected)
  })

  // D2, next subnet of the same size
  test.each([
    ['10.0.0.0/8', '11.0.0.0/8'],
    ['192.168.0.0/16', '192.169.0.0/16'],
    ['192.168.1.0/24', '192.168.2.0/24'],
    ['192.168.0.0/23', '192.168.2.0/23'],
    ['192.168.2.0/23', '192.168.4.0/23'],
    ['192.168.254.0/23', '192.169.0.0/23'],
    ['10.0.0.0/9', '10.128.0.0/9'],
    ['10.0.0.0/11', '10.32.0.0/11'],
    ['0.0.0.0/11', '0.32.0.0/11'],
    ['0.0.0.0/0', null],
    ['255.255.255.0/24', null],
    ['255.240.0.0/12', null],
    ['fdfd:d319:b145:fd4b::/64', 'fdfd:d319:b145:fd4c::/64'],
    ['fdfd:d319:b145:ffff::/64', 'fdfd:d319:b146::/64'],
  ])('%s is followed by %s', (prefix, expected) => {
    expect(text(prefixAfter(parsePrefix(prefix)))).toBe(expected)
  })
})

// V9, SubnetsBetween
test.each([
  ['10.0.0.0', '10.0.0.0', 8, 0n],
  ['10.0.0.0', '10.0.10.0', 8, 0n],
  ['10.0.0.0', '10.1.0.0', 24, 256n],
  ['10.0.0.0', '10.10.0.0', 16, 10n],
  ['10.20.0.0', '10.20.128.0', 24, 128n],
  ['10.0.0.0', '10.0.10.0', 24, 10n],
  ['10.0.10.0', '10.0.0.0', 24, 0n],
  ['fc00::', 'fc01::', 24, 0x100n],
  ['fc00::', 'fd00::', 64, 0x100000000000000n],
])('between %s and %s there are as many subnets of /%s as fit: %s', (from, to, length, expected) => {
  expect(subnetsBetween(parseAddress(from), parseAddress(to), length)).toBe(expected)
})

// V9, Add
test.each([
  ['10.0.0.1', 42n, 16, '10.42.0.1'],
  ['10.0.0.1', 1n, 7, '10.0.0.129'],
  ['10.0.0.1', 1n, 24, '11.0.0.1'],
  ['2001::1', 0xcafen, 96, '2001:cafe::1'],
  ['255.255.255.255', 1n, 0, null],
])('%s plus %s << %s is %s', (address, count, shift, expected) => {
  const sum = addToAddress(parseAddress(address), count, shift)
  expect(sum === null ? null : formatAddress(sum)).toBe(expected)
})

describe('a set of prefixes', () => {
  const small = fc
    .record({ value: fc.integer({ min: 0, max: 255 }), length: fc.integer({ min: 24, max: 32 }) })
    .map(({ value, length }) => parsePrefix(`10.0.0.${value}/${length}`))
  const small6 = fc
    .record({ value: fc.integer({ min: 0, max: 255 }), length: fc.integer({ min: 120, max: 128 }) })
    .map(({ value, length }) => parsePrefix(`fd00::${value.toString(16)}/${length}`))

  test('overlaps a prefix exactly when one of its members does', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(small, small6)), fc.oneof(small, small6), (members, asked) => {
        const expected = members.some((member) => prefixesOverlap(member, asked))
        expect(overlapsSet(prefixSet(members), asked)).toBe(expected)
      }),
      { numRuns: 1000 },
    )
  })

  test('joins neighbours, so that nothing is lost between them', () => {
    const set = prefixSet(
      ['10.0.0.0/25', '10.0.0.128/25', '10.0.2.0/24'].map((prefix) => parsePrefix(prefix)),
    )
    expect(set.ip.starts.length).toBe(2)
    expect(hasAddress(set, parseAddress('10.0.0.127'))).toBe(true)
    expect(hasAddress(set, parseAddress('10.0.0.128'))).toBe(true)
    expect(hasAddress(set, parseAddress('10.0.1.0'))).toBe(false)
    expect(hasAddress(set, parseAddress('::'))).toBe(false)
  })
})
