import { describe, expect, test } from '@jest/globals'
import { firstFreeAddress } from '../../src/pool/index.ts'

const handOut = (
  subnet: string,
  count: number,
  options: { gateway?: string; ipRange?: string } = {},
): (string | null)[] => {
  const taken = new Set<string>()
  return Array.from({ length: count }, () => {
    const address = firstFreeAddress(subnet, taken, options)
    if (address !== null) taken.add(address)
    return address
  })
}

describe('the first free address', () => {
  test('is the lowest, though the gateway is in the middle', () => {
    expect(firstFreeAddress('172.17.0.0/16', new Set(), { gateway: '172.17.42.1' })).toBe('172.17.0.1')
  })

  test('is never the network, the broadcast or the gateway address', () => {
    expect(handOut('10.0.0.0/29', 6, { gateway: '10.0.0.2' })).toEqual([
      '10.0.0.1',
      '10.0.0.3',
      '10.0.0.4',
      '10.0.0.5',
      '10.0.0.6',
      null,
    ])
  })

  test('is never the subnet-router anycast address, and IPv6 has no broadcast', () => {
    expect(handOut('fd00::/126', 4, { gateway: 'fd00:0::1' })).toEqual(['fd00::2', 'fd00::3', null, null])
  })

  // As V9: /31 of RFC 3021
  test.each([
    ['192.168.0.2/31', ['192.168.0.2', '192.168.0.3', null]],
    ['192.168.0.2/32', ['192.168.0.2', null, null]],
    ['fd00::/127', ['fd00::', 'fd00::1', null]],
    ['fd00::9/128', ['fd00::9', null, null]],
    ['10.0.0.0/30', ['10.0.0.1', '10.0.0.2', null]],
  ])('of %s, one after the other: %j', (subnet, expected) => {
    expect(handOut(subnet, 3)).toEqual(expected)
  })

  test('stays inside the range that is named, which may begin or end with the subnet', () => {
    expect(handOut('10.0.0.0/24', 3, { ipRange: '10.0.0.64/31' })).toEqual(['10.0.0.64', '10.0.0.65', null])
    expect(handOut('10.0.0.0/24', 3, { ipRange: '10.0.0.0/30' })).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      '10.0.0.3',
    ])
    expect(handOut('10.0.0.0/24', 2, { ipRange: '10.0.0.254/31' })).toEqual(['10.0.0.254', null])
    expect(handOut('fd00::/64', 1, { ipRange: 'fd00::8000:0/100' })).toEqual(['fd00::8000:0'])
    expect(firstFreeAddress('10.0.0.0/24', new Set(), { ipRange: 'fd00::/64' })).toBeNull()
  })
})
