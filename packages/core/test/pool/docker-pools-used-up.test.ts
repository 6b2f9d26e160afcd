import { describe, expect, test } from '@jest/globals'
import { formatPrefix, parsePrefix } from '@portolan/netfilter'
import { PoolExhaustedError, parsePool, planSubnets } from '../../src/pool/index.ts'
import { addPrefix, prefixTable } from '../../src/pool/prefix-columns.ts'
import { radixOrder } from '../../src/pool/radix-order.ts'
import { first, only, routes } from './docker-row.ts'

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
