import { describe, expect, test } from '@jest/globals'
import { parseAddress, parseAddressPrefix } from '../../src/address/address-bytes.ts'
import { addressText } from '../../src/address/address-text.ts'

const canonical = (text: string): string => {
  const { bytes } = parseAddress(text)
  return addressText(new DataView(bytes.buffer), 0, bytes.length)
}

describe('addressText', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['::', '::'],
    ['::1', '::1'],
    ['FD00:0:0:1:0:0:0:2', 'fd00:0:0:1::2'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['fe80:0:0:0:0:0:0:0', 'fe80::'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ])('%s is written %s', (given, expected) => {
    expect(canonical(given)).toBe(expected)
  })
})

describe('parseAddress', () => {
  test.each(['', '1.2.3', '1.2.3.256', '01.2.3.4', 'fe80::1%eth0', 'x', '1::2::3', '192.0.2.1/24'])(
    '"%s" is refused',
    (text) => {
      expect(() => parseAddress(text)).toThrow('is not an IP address')
    },
  )
})

describe('parseAddressPrefix', () => {
  test('host bits are kept, and a missing length is that of one address', () => {
    expect(parseAddressPrefix('172.17.42.1/16')).toEqual({
      family: 'ip',
      bytes: Uint8Array.of(172, 17, 42, 1),
      length: 16,
    })
    expect(parseAddressPrefix('fd00::1').length).toBe(128)
  })
  test.each(['10.0.0.1/33', '10.0.0.1/', '10.0.0.1/-1', '10.0.0.1/8x', 'fd00::1/129'])(
    '"%s" is refused',
    (text) => {
      expect(() => parseAddressPrefix(text)).toThrow('prefix length')
    },
  )
})
