import { describe, expect, test } from '@jest/globals'
import { formatPrefix, InvalidRequestError, parsePrefix } from '@portolan/netfilter'
import {
  PoolExhaustedError,
  parsePool,
  planSubnets,
  type SubnetPlan,
  type SubnetPlanOptions,
} from '../../src/pool/index.ts'
import { addPrefix, prefixTable } from '../../src/pool/prefix-columns.ts'
import { radixOrder } from '../../src/pool/radix-order.ts'

const only = (plans: readonly SubnetPlan[]): SubnetPlan => {
  const [plan] = plans
  if (plan === undefined || plans.length !== 1) throw new Error(`${plans.length} plans`)
  return plan
}

const routes = (destinations: readonly string[]) => ({
  routes: destinations.map((destination) => ({ destination, interface: 'eth0' })),
})

const list = (text: string): readonly string[] => (text === '' ? [] : text.split(' '))

interface Row {
  /** `10.0.0.0/8:24 192.168.0.0/16:24`. */
  readonly pools: string
  /** The leases of others. */
  readonly allocated?: string
  /** On-link routes and nameservers of the host. */
  readonly reserved?: string
  readonly size?: number
}

const first = ({ pools, allocated = '', reserved = '', size }: Row): string => {
  const options: SubnetPlanOptions = {
    project: 'shop',
    leases: list(allocated).map((subnet, at) => ({ project: 'others', network: `n${at}`, subnet })),
  }
  try {
    return only(
      planSubnets(
        routes(list(reserved)),
        [{ network: 'web', family: 'ip', size: size ?? null }],
        list(pools).map(parsePool),
        options,
      ),
    ).subnet
  } catch (error) {
    if (error instanceof PoolExhaustedError) return 'none left'
    if (error instanceof InvalidRequestError) return 'invalid'
    throw error
  }
}

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

// V2 (TestNewAddrSpaceDedup): Docker keeps 10.0.0.0/8:16 and 192.168.0.0/24:24, and drops what overlaps.
describe('V2: pools that overlap', () => {
  const pools = ['10.0.0.0/8:16', '10.0.0.0/8:24', '10.10.0.0/8:24', '10.0.100.0/8:24', '192.168.0.0/24:24']
  const names = Array.from({ length: 257 }, (_, at) => ({ network: `n${at}`, family: 'ip' as const }))
  const plan = (count: number, reserved: readonly string[] = []): readonly string[] =>
    planSubnets(routes(reserved), names.slice(0, count), pools.map(parsePool)).map(({ subnet }) => subnet)

  test('give what Docker’s would, each once, and then nothing more', () => {
    const given = plan(257)
    expect(given.slice(0, 2)).toEqual(['10.0.0.0/16', '10.1.0.0/16'])
    expect(given.slice(-2)).toEqual(['10.255.0.0/16', '192.168.0.0/24'])
    expect(() =>
      planSubnets({}, [...names, { network: 'more', family: 'ip' }], pools.map(parsePool)),
    ).toThrow(PoolExhaustedError)
  })

  // Better than dropping them: what a large subnet cannot have, a small one can.
  test('lose nothing: a /24 is found beside a route that keeps the /16 from being given', () => {
    expect(plan(257, ['10.7.0.0/17'])).toContain('10.7.128.0/24')
  })
})

// V3 (TestStaticAllocation): Docker keeps what is allocated sorted by address, then by length.
test('V3: reserved prefixes are kept in order, the outer before the inner, however they came', () => {
  const inserted = [
    '192.168.0.0/16',
    '10.0.0.0/24',
    '10.0.1.0/24',
    '10.1.0.0/16',
    '10.0.0.0/31',
    '10.0.0.0/8',
    '192.168.3.0/24',
  ]
  const sorted = [
    '10.0.0.0/8',
    '10.0.0.0/24',
    '10.0.0.0/31',
    '10.0.1.0/24',
    '10.1.0.0/16',
    '192.168.0.0/16',
    '192.168.3.0/24',
  ]
  for (const order of [inserted, inserted.toReversed(), sorted]) {
    const table = prefixTable(order.length)
    for (const [at, text] of order.entries()) addPrefix(table, parsePrefix(text), at)
    const rows = [...radixOrder(table.ip)].map((row) => formatPrefix(parsePrefix(order[row] ?? '')))
    expect(rows).toEqual(sorted)
    expect(first({ pools: '10.0.0.0/8:24 192.168.0.0/16:24 11.0.0.0/8:24', reserved: order.join(' ') })).toBe(
      '11.0.0.0/24',
    )
  }
})

// V4 (TestPoolAllocateAndRelease): A takes a subnet and leases it, R gives one back.
describe('V4: subnets that are leased and given back', () => {
  const run = (
    pools: readonly string[],
    steps: string,
    reserved: readonly string[] = [],
  ): readonly string[] => {
    const leases = new Map<string, string>()
    const given: string[] = []
    for (const step of steps.split(' ')) {
      const network = step.slice(1)
      if (step.startsWith('R')) leases.delete(network)
      else {
        const live = [...leases].map(([owner, subnet]) => ({ project: 'shop', network: owner, subnet }))
        const options = { project: 'shop', leases: live }
        const request = { network, family: 'ip' } as const
        const { subnet } = only(planSubnets(routes(reserved), [request], pools.map(parsePool), options))
        expect([...leases.values()]).not.toContain(subnet)
        leases.set(network, subnet)
        given.push(subnet)
      }
    }
    return given
  }

  test.each<[string, readonly string[], string, readonly string[], readonly string[]]>([
    [
      'a',
      ['10.0.0.0/24:24', '10.0.1.0/24:24', '10.1.0.0/16:24'],
      'A1 A2',
      ['10.0.0.0/16'],
      ['10.1.0.0/24', '10.1.1.0/24'],
    ],
    ['b', ['10.0.0.0/8:24'], 'A1 A2 A3 R1 A4 A5', [], [0, 1, 2, 0, 3].map((third) => `10.0.${third}.0/24`)],
    [
      'c',
      ['10.0.0.0/8:24'],
      'A1 A2 A3 A4 R2 R3 A5 A6 A7',
      [],
      [0, 1, 2, 3, 1, 2, 4].map((third) => `10.0.${third}.0/24`),
    ],
  ])(
    '%s) are never given twice while they live, nor overlap what is reserved',
    (_, pools, steps, reserved, expected) => {
      expect(run(pools, steps, reserved)).toEqual(expected)
    },
  )
})
