import { describe, expect, test } from '@jest/globals'
import {
  canonicalHostOrPrefix,
  canonicalPrefix,
  containsAddress,
  containsPrefix,
  firstAddress,
  formatAddress,
  formatInterfaceAddress,
  formatPrefix,
  lastAddress,
  macFromAddress,
  parseAddress,
  parseInterfaceAddress,
  parsePrefix,
  prefixAround,
  prefixContains,
  prefixesOverlap,
  samePrefix,
  tryParsePrefix,
} from '../../src/address/index.ts'

describe('a prefix', () => {
  test('loses its host bits, unless they are refused', () => {
    expect(canonicalPrefix('172.17.42.1/16')).toBe('172.17.0.0/16')
    expect(canonicalPrefix('FD00:0:0:1::5/64')).toBe('fd00:0:0:1::/64')
    expect(() => parsePrefix('172.17.42.1/16', { hostBits: 'refuse' })).toThrow('write 172.17.0.0/16')
    expect(formatPrefix(parsePrefix('172.17.0.0/16', { hostBits: 'refuse' }))).toBe('172.17.0.0/16')
  })

  test('keeps its host bits as an interface address', () => {
    expect(formatInterfaceAddress(parseInterfaceAddress('172.17.42.1/16'))).toBe('172.17.42.1/16')
    expect(formatInterfaceAddress(parseInterfaceAddress('fd00::0001/64'))).toBe('fd00::1/64')
  })

  test('can be an address alone where a host may stand for itself', () => {
    expect(canonicalHostOrPrefix('192.0.2.1')).toBe('192.0.2.1/32')
    expect(canonicalHostOrPrefix('2001:DB8::1')).toBe('2001:db8::1/128')
    expect(canonicalHostOrPrefix('192.0.2.1/24')).toBe('192.0.2.0/24')
    expect(() => canonicalPrefix('192.0.2.1')).toThrow('is not a prefix')
  })

  test.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/',
    '/8',
    '10.0.0.0/8/8',
    '::/129',
    '::/1e1',
    '10/8',
  ])('refuses %j', (text) => expect(tryParsePrefix(text)).toBeNull())

  test('has the whole space at length 0 and one address at full length', () => {
    expect(formatAddress(lastAddress(parsePrefix('0.0.0.0/0')))).toBe('255.255.255.255')
    expect(formatAddress(lastAddress(parsePrefix('::/0')))).toBe('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')
    expect(formatAddress(lastAddress(parsePrefix('255.255.255.255/32')))).toBe('255.255.255.255')
  })

  test.each(Array.from({ length: 33 }, (_, length) => length))(
    'of length %i begins and ends where its bits say, in the lower and in the upper half of the addresses',
    (length) => {
      for (const value of [0x0a0b0c0d, 0xc0a8ffee, 0xffffffff]) {
        const prefix = prefixAround({ family: 'ip', value }, length)
        // BigInt counts in whole bits, and has no sign to lose.
        const size = 1n << BigInt(32 - length)
        const base = (BigInt(value) / size) * size
        expect(BigInt(prefix.base)).toBe(base)
        expect(BigInt(lastAddress(prefix).value)).toBe(base + size - 1n)
      }
    },
  )

  // V6, NetworkRange
  test.each([
    ['192.168.0.1/24', '192.168.0.0', '192.168.0.255'],
    ['10.0.0.1/8', '10.0.0.0', '10.255.255.255'],
    ['10.1.2.3/8', '10.0.0.0', '10.255.255.255'],
    ['10.1.2.3/32', '10.1.2.3', '10.1.2.3'],
    ['10.1.2.3/31', '10.1.2.2', '10.1.2.3'],
    ['10.1.2.3/26', '10.1.2.0', '10.1.2.63'],
    // V9, LastAddr
    ['10.0.0.0/24', '10.0.0.0', '10.0.0.255'],
    ['fd00::/64', 'fd00::', 'fd00::ffff:ffff:ffff:ffff'],
    ['ffff::/16', 'ffff::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ])('%s goes from %s to %s', (text, first, last) => {
    expect(formatAddress(firstAddress(parsePrefix(text)))).toBe(first)
    expect(formatAddress(lastAddress(parsePrefix(text)))).toBe(last)
  })
})

describe('two prefixes', () => {
  // V6, NetworkOverlaps
  test.each([
    ['172.16.0.1/24', '172.16.0.1/25', true],
    ['172.16.0.1/24', '172.16.0.128/25', true],
    ['172.16.0.1/24', '172.16.0.64/25', true],
    ['172.16.0.1/24', '172.16.0.1/23', true],
    ['172.16.1.1/24', '172.16.0.1/23', true],
    ['172.16.1.1/24', '172.16.0.1/22', true],
    ['172.16.1.1/25', '172.16.0.1/24', false],
    ['172.16.1.1/25', '172.16.2.1/24', false],
    ['0.0.0.0/0', '10.0.0.0/8', true],
    ['0.0.0.0/0', '::/0', false],
    ['::/1', '8000::/1', false],
  ])('%s and %s: overlap is %s, either way round', (a, b, expected) => {
    expect(prefixesOverlap(parsePrefix(a), parsePrefix(b))).toBe(expected)
    expect(prefixesOverlap(parsePrefix(b), parsePrefix(a))).toBe(expected)
  })

  // V5 (TestOverlappingRequests): rows Docker refuses
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['16.182.0.0/15', '16.182.0.0/16'],
    ['16.0.0.0/4', '17.11.66.0/23'],
    ['16.182.0.0/16', '16.182.0.0/15'],
    ['64.0.0.0/6', '64.0.0.0/3'],
    ['112.0.0.0/6', '112.0.0.0/4'],
    ['96.0.0.0/3', '0.0.0.0/1'],
    ['192.0.0.0/2', '128.0.0.0/1'],
    ['95.0.0.0/8', '92.0.0.0/6'],
    ['10.0.0.0/8', '10.0.0.0/6'],
    ['10.0.0.0/8', '8.0.0.0/6'],
    ['25.173.144.0/20', '25.173.143.0/16'],
    ['f656::/0', 'f656:3484:c878:a05:e540:a6ed:4d70:3740/123'],
    ['8000::/1', '8fe8:e7c4:5779::/49'],
    ['f000::/4', 'ffc7:6000::/19'],
    ['f656::/20', 'f656::/16'],
    ['8000::/32', '8000::/31'],
    ['f000::/60', 'f000::/20'],
    ['c000::/2', '8000::/1'],
    ['7c00::/6', '::/1'],
    ['cf80::/9', 'c000::/4'],
    ['ff77:93f8::/29', 'ff77:93f7::/28'],
    ['9287:2e20:5134:fab6:9061:a0c6:bfe3:9400/119', '8000::/1'],
    ['3ea1:bfa9:8691:d1c6:8c46:519b:db6d:e700/120', '3000::/4'],
  ])('%s and %s overlap', (a, b) => {
    expect(prefixesOverlap(parsePrefix(a), parsePrefix(b))).toBe(true)
  })

  // V5: rows Docker accepts
  test.each([
    ['10.0.0.0/8', '11.0.0.0/8'],
    ['74.0.0.0/7', '9.111.99.72/30'],
    ['110.192.0.0/10', '16.0.0.0/10'],
  ])('%s and %s do not', (a, b) => {
    expect(prefixesOverlap(parsePrefix(a), parsePrefix(b))).toBe(false)
  })

  test('contain one another only from the outside in, and themselves', () => {
    const [outer, inner] = [parsePrefix('fd00::/48'), parsePrefix('fd00:0:0:5::/64')]
    expect(containsPrefix(outer, inner)).toBe(true)
    expect(containsPrefix(inner, outer)).toBe(false)
    expect(containsPrefix(outer, outer)).toBe(true)
    expect(samePrefix(outer, parsePrefix('fd00::1/48'))).toBe(true)
  })
})

test('a prefix holds its addresses, as values and as texts, and none of the other family', () => {
  expect(containsAddress(parsePrefix('128.0.0.0/1'), parseAddress('255.255.255.255'))).toBe(true)
  expect(containsAddress(parsePrefix('0.0.0.0/0'), parseAddress('::'))).toBe(false)
  expect(prefixContains('10.0.0.0/8', '10.1.2.3')).toBe(true)
  expect(prefixContains('fe80::/10', 'febf::1')).toBe(true)
  expect(prefixContains('fe80::/10', 'fec0::1')).toBe(false)
  expect(prefixContains('192.0.2.1', '192.0.2.1')).toBe(true)
})

describe('the MAC of an endpoint', () => {
  test.each([
    ['172.17.0.1', '02:42:ac:11:00:01'],
    ['255.255.255.255', '02:42:ff:ff:ff:ff'],
    ['fd00::2', '02:42:fd:00:00:02'],
    ['fd00::3', '02:42:fd:00:00:03'],
  ])('of %s is %s', (address, mac) => expect(macFromAddress(address)).toBe(mac))

  test('is a locally administered unicast address', () => {
    const first = Number.parseInt(macFromAddress('2001:db8::1').slice(0, 2), 16)
    expect(first & 0b11).toBe(0b10)
  })
})
