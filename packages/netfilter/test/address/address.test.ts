import { isIP } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  canonicalAddress,
  dropZone,
  familyOf,
  formatAddress,
  formatAddress4,
  formatAddress6,
  formatPrefix,
  parseAddress,
  tryParseAddress,
  tryParseAddress4,
  tryParseAddress6,
  unmapAddress,
} from '../../src/address/index.ts'
import { ParseError } from '../../src/error/index.ts'

/**
 * The text of an IPv6 address by the WHATWG URL parser: another implementation of RFC 5952, except for dotted quads.
 */
const byUrl = (text: string): string => new URL(`http://[${text}]/`).hostname.slice(1, -1)

describe('an IPv4 address', () => {
  test.each([
    ['0.0.0.0', 0],
    ['10.0.0.1', 0x0a000001],
    ['255.255.255.255', 0xffffffff],
    ['192.0.2.200', 0xc00002c8],
  ])('%s is read and printed back', (text, value) => {
    expect(tryParseAddress4(text)).toBe(value)
    expect(formatAddress4(value)).toBe(text)
  })

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '256.0.0.1',
    '010.0.0.1',
    '10.0.0.00',
    ' 10.0.0.1',
    '10.0.0.1 ',
    '10.0.0.1/8',
    '0x0a.0.0.1',
    '1e1.0.0.1',
    '+1.0.0.1',
    '1.2.3.4294967297',
    '٠.0.0.1',
  ])('refuses %j', (text) => {
    expect(tryParseAddress4(text)).toBeNull()
    expect(isIP(text)).not.toBe(4)
  })

  test('every number prints as a text that reads as that number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (value) => {
        expect(tryParseAddress4(formatAddress4(value))).toBe(value)
        expect(isIP(formatAddress4(value))).toBe(4)
      }),
    )
  })

  test('one prints the same after whatever was printed before it, near or far', () => {
    // What they begin with is kept from one to the next: neighbours, and addresses that differ in one octet only.
    const octet = fc.constantFrom<number>(0, 1, 2, 10, 100, 254, 255)
    const quads = fc.array(fc.tuple(octet, octet, octet, octet), { minLength: 2, maxLength: 60 })
    fc.assert(
      fc.property(quads, fc.integer({ min: 0, max: 32 }), (all, length) => {
        for (const quad of all) {
          const text = quad.join('.')
          const value = quad.reduce<number>((sum, one) => sum * 256 + one, 0)
          expect(formatAddress4(value)).toBe(text)
          expect(formatPrefix({ family: 'ip', base: value, length })).toBe(`${text}/${length}`)
        }
      }),
    )
  })

  test('what is read is what node:net calls IPv4, for texts made of what addresses are made of', () => {
    const scraps = fc.constantFrom('0', '1', '9', '01', '25', '255', '256', '.', '.', '.', '-', 'a')
    fc.assert(
      fc.property(fc.array(scraps, { minLength: 5, maxLength: 9 }), (parts) => {
        const text = parts.join('')
        expect(tryParseAddress4(text) !== null).toBe(isIP(text) === 4)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('an IPv6 address', () => {
  test.each([
    ['::', 0n, '::'],
    ['::1', 1n, '::1'],
    ['2001:DB8::1', 0x20010db8n * (1n << 96n) + 1n, '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', null, '2001:db8::1:0:0:1'],
    ['2001:0db8:0000:0001:0001:0001:0001:0001', null, '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:1:0:0:0:0', null, '0:0:0:1::'],
    ['1:2:3:4:5:6:7::', null, '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', null, '0:2:3:4:5:6:7:8'],
    ['::ffff:192.0.2.1', 0xffffc0000201n, '::ffff:192.0.2.1'],
    ['::ffff:c000:201', 0xffffc0000201n, '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', null, '64:ff9b::c000:221'],
    ['::192.0.2.33', null, '::c000:221'],
    ['1:2:3:4:5:6:192.0.2.1', null, '1:2:3:4:5:6:c000:201'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', (1n << 128n) - 1n, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ])('%s is read, and printed as RFC 5952 says', (text, value, canonical) => {
    if (value !== null) expect(tryParseAddress6(text)).toBe(value)
    expect(canonicalAddress(text)).toBe(canonical)
  })

  test.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:2:3:4::5:6:7:8',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '12345::',
    'g::1',
    '::1%eth0',
    '[::1]',
    '::1/128',
    ' ::1',
    '::256.0.0.1',
    '::01.2.3.4',
    '::1.2.3',
    '1.2.3.4::',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1.2.3.4:5',
  ])('refuses %j', (text) => {
    expect(tryParseAddress6(text)).toBeNull()
  })

  const values = fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
    // Mostly zero groups, because these decide how the text is shortened.
    fc
      .array(fc.constantFrom<bigint>(0n, 0n, 0n, 1n, 0xabcn, 0xffffn), { minLength: 8, maxLength: 8 })
      .map((groups) => groups.reduce<bigint>((value, group) => (value << 16n) | group, 0n)),
  )

  test('every value prints as the URL parser prints it, and reads back', () => {
    fc.assert(
      fc.property(values, (value) => {
        const text = formatAddress6(value)
        expect(tryParseAddress6(text)).toBe(value)
        expect(isIP(text)).toBe(6)
        // The URL parser has no dotted quads.
        if (value >> 32n !== 0xffffn) expect(text).toBe(byUrl(text))
      }),
      { numRuns: 2000 },
    )
  })

  test('what is read is what node:net calls IPv6, for texts made of what addresses are made of', () => {
    const scraps = fc.constantFrom('0', 'a', 'FFFF', '12345', ':', ':', ':', '::', '1.2.3.4', '1:2:3')
    fc.assert(
      fc.property(fc.array(scraps, { minLength: 1, maxLength: 12 }), (parts) => {
        const text = parts.join('')
        const value = tryParseAddress6(text)
        expect(value !== null).toBe(isIP(text) === 6)
        if (value !== null && value >> 32n !== 0xffffn) expect(formatAddress6(value)).toBe(byUrl(text))
      }),
      { numRuns: 5000 },
    )
  })
})

describe('an address of either family', () => {
  test('is told by its text', () => {
    expect(familyOf('10.0.0.1')).toBe('ip')
    expect(familyOf('fd00::/8')).toBe('ip6')
    expect(familyOf('10.0.0.0/33')).toBeNull()
    expect(familyOf('10.0.0.0/')).toBeNull()
    expect(familyOf('::/129')).toBeNull()
    expect(familyOf('::/08')).toBeNull()
    expect(familyOf('localhost')).toBeNull()
  })

  test('loses its zone only where that is asked for', () => {
    expect(tryParseAddress('fe80::1234%eth0')).toBeNull()
    expect(canonicalAddress(dropZone('fe80::1234%eth0'))).toBe('fe80::1234')
    expect(dropZone('10.0.0.1')).toBe('10.0.0.1')
  })

  test('is the IPv4 address inside it when it is IPv4-mapped', () => {
    expect(formatAddress(unmapAddress(parseAddress('::ffff:127.0.0.1')))).toBe('127.0.0.1')
    expect(formatAddress(unmapAddress(parseAddress('::fffe:7f00:1')))).toBe('::fffe:7f00:1')
  })

  test('that cannot be read is an error that says where, what, and what to write', () => {
    const read = (): unknown => parseAddress('10.0.0.300', { source: 'compose.yaml', line: 3, column: 7 })
    expect(read).toThrow(ParseError)
    expect(read).toThrow('compose.yaml:3:7: "10.0.0.300" is not an IP address; write one like 192.0.2.1')
  })
})
