import { describe, expect, test } from '@jest/globals'
import { InvalidRequestError } from '@portolan/netfilter'
import { parsePool } from '../../src/pool/index.ts'
import { first, type Row } from './docker-row.ts'

const twoPools = '10.20.0.0/16:24 192.168.0.0/16:24'

const last = '172.16.0.0/15:16 192.168.0.0/23:24'

const lastTwo = '192.168.0.1/32 192.168.1.0/24'

// V1 (moby, ipams/defaultipam/address_space_test.go TestDynamicPoolAllocation): all 31 rows.
describe('V1: from the pools of Docker’s own test', () => {
  test.each<[number, Row, string]>([
    [1, { pools: '192.168.0.0/16:24', allocated: '192.168.255.0/24' }, '192.168.0.0/24'],
    [
      2,
      { pools: '10.0.0.0/8:24 192.168.0.0/16:24', allocated: '10.0.0.0/8', reserved: '10.0.0.0/7' },
      '192.168.0.0/24',
    ],
    [3, { pools: twoPools, allocated: '10.0.0.0/8 192.168.128.0/24' }, '192.168.0.0/24'],
    [4, { pools: twoPools, allocated: '10.0.0.0/8 192.168.0.0/24 192.168.128.0/24' }, '192.168.1.0/24'],
    [
      5,
      {
        pools: '10.20.0.0/22:24 192.168.0.0/16:24',
        allocated: '10.20.0.0/24 10.20.1.0/24 10.20.2.0/24 192.168.128.0/24',
        reserved: '10.20.3.0/24',
      },
      '192.168.0.0/24',
    ],
    [
      6,
      { pools: twoPools, allocated: '10.20.0.0/17 10.20.128.0/17', reserved: '200.1.2.0/24' },
      '192.168.0.0/24',
    ],
    [
      7,
      {
        pools: '10.10.0.0/22:24 192.168.0.0/16:24',
        allocated: '10.10.0.0/24 10.10.1.0/24 10.10.2.0/24 10.10.3.0/24',
        reserved: '10.10.3.0/24',
      },
      '192.168.0.0/24',
    ],
    [
      8,
      {
        pools: '192.168.0.0/16:24',
        allocated: '192.168.0.0/24 192.168.1.0/24 192.168.2.0/23 192.168.4.3/30',
      },
      '192.168.5.0/24',
    ],
    [
      9,
      {
        pools: '10.0.0.0/31:31 192.168.0.0/16:24',
        allocated: '10.0.0.0/32 100.0.0.0/32 200.0.0.0/32',
      },
      '192.168.0.0/24',
    ],
    [
      10,
      {
        pools: '192.168.0.0/16:24',
        allocated: '192.168.0.0/24 192.168.1.0/24 192.168.2.3/30',
        reserved: '192.168.2.4/30 192.168.3.0/30 192.168.4.0/23',
      },
      '192.168.6.0/24',
    ],
    [
      11,
      { pools: '192.168.0.0/16:24', allocated: '192.168.0.0/24', reserved: '192.168.0.0/24' },
      '192.168.1.0/24',
    ],
    [
      12,
      { pools: '10.0.0.0/8:24 192.168.0.0/16:24', allocated: '10.0.0.0/24', reserved: '192.168.0.0/24' },
      '10.0.1.0/24',
    ],
    [
      13,
      { pools: '10.0.0.0/8:24 10.0.0.0/16:24 10.10.0.0/16:24 192.168.0.0/16:24', reserved: '10.0.0.0/8' },
      '192.168.0.0/24',
    ],
    [14, { pools: '172.16.0.0/15:16', allocated: '172.16.0.0/16' }, '172.17.0.0/16'],
    [
      15,
      { pools: '172.16.0.0/15:16 192.168.0.0/16:24', allocated: '172.16.0.0/16 172.17.0.0/17' },
      '192.168.0.0/24',
    ],
    [16, { pools: '172.16.0.0/15:16', allocated: '172.16.0.0/16 172.17.0.0/17' }, 'none left'],
    [17, { pools: '172.16.0.0/15:16', allocated: '172.16.0.0/16 172.17.0.0/16 192.168.0.0/24' }, 'none left'],
    [
      18,
      { pools: '172.16.0.0/15:16', allocated: '172.16.0.0/16 172.17.0.0/16', reserved: '192.168.0.0/24' },
      'none left',
    ],
    [
      19,
      { pools: last, allocated: '172.16.0.0/16 172.17.0.0/16 192.168.0.0/24 192.168.1.0/24' },
      'none left',
    ],
    [20, { pools: last, allocated: `172.16.0.0/16 172.17.128.0/17 ${lastTwo}` }, 'none left'],
    [
      21,
      { pools: last, allocated: '172.16.0.0/16 172.17.128.0/17 172.17.128.0/17 172.17.128.0/17' },
      '192.168.0.0/24',
    ],
    [
      22,
      {
        pools: last,
        allocated:
          '172.16.0.0/16 172.16.120.0/24 172.17.128.0/17 172.17.128.0/17 172.17.128.0/24 172.17.128.0/17',
      },
      '192.168.0.0/24',
    ],
    // Docker's test hands in a base with host bits, which its own configuration reader would clear: 172.17.0.0/24.
    // Cleared, the pool begins at 172.16.0.0, whose first /24 holds EC2's resolver 172.16.0.23: never given out.
    [23, { pools: '172.17.0.0/12:16', size: 24 }, '172.16.1.0/24'],
    [24, { pools: '172.17.0.0/12:20', size: 16 }, '172.17.0.0/16'],
    [25, { pools: '172.17.0.0/12:16', size: 150 }, 'invalid'],
    // As 23; Docker: 172.17.16.0/24 in both.
    [26, { pools: '172.17.0.0/12:16', allocated: '172.17.0.0/20', size: 24 }, '172.16.1.0/24'],
    [27, { pools: '172.17.0.0/12:16', allocated: '172.17.0.0/20 172.18.0.0/20', size: 24 }, '172.16.1.0/24'],
    [28, { pools: '172.17.0.0/12:16', allocated: '172.17.0.0/24' }, '172.18.0.0/16'],
    // Docker sorts its pools and gives 10.0.0.0/20. Ours are used in the order written, which is what a user means.
    [29, { pools: '172.17.0.0/12:24 10.0.0.0/12:20', size: 20 }, '172.16.16.0/20'],
    [30, { pools: '172.17.0.0/24:24 172.18.0.0/20:20 172.19.0.0/24:24', size: 16 }, 'invalid'],
    [31, { pools: '172.17.0.0/24:24 172.18.0.0/20:20 172.19.0.0/24:24', size: 33 }, 'invalid'],
  ])('row %i: %j gives %s', (_row, row, expected) => {
    expect(first(row)).toBe(expected)
  })

  test.each<[string, Row, string]>([
    ['23', { pools: '172.17.0.0/16:16', size: 24 }, '172.17.0.0/24'],
    ['26', { pools: '172.17.0.0/16:16', allocated: '172.17.0.0/20', size: 24 }, '172.17.16.0/24'],
    [
      '27',
      { pools: '172.17.0.0/16:16', allocated: '172.17.0.0/20 172.18.0.0/20', size: 24 },
      '172.17.16.0/24',
    ],
    ['29', { pools: '10.0.0.0/12:20 172.17.0.0/12:24', size: 20 }, '10.0.0.0/20'],
  ])('row %s as Docker means it, base and order as written: %j gives %s', (_row, row, expected) => {
    expect(first(row)).toBe(expected)
  })

  // Row 31 has a pool of /24 cut into /23s, which is a mistake before anything is asked of it.
  test('row 31: a pool cut into something larger than itself is refused as such', () => {
    expect(() => parsePool('172.19.0.0/24:23')).toThrow(InvalidRequestError)
  })
})

// V1b: what Docker's allocator gets wrong, because it remembers the last prefix it saw and not the furthest end.
test.each([
  ['10.0.0.0/8:24', ['10.0.0.0/20', '10.0.0.2/32'], '10.0.16.0/24'],
  ['10.0.0.0/8:24', ['10.0.0.0/16', '10.0.5.0/24'], '10.1.0.0/24'],
  ['192.168.0.0/16:20', ['192.168.0.0/18', '192.168.1.1/32'], '192.168.64.0/20'],
  ['docker', ['172.16.0.0/12', '192.168.0.0/17', '192.168.1.1/32'], '192.168.128.0/20'],
])('V1b: pool %s with %j reserved gives %s, in whatever order', (pool, reserved, expected) => {
  for (const order of [reserved, reserved.toReversed()])
    expect(first({ pools: pool, reserved: order.join(' ') })).toBe(expected)
})
