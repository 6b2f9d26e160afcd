import { describe, expect, test } from '@jest/globals'
import { InvalidRequestError } from '@portolan/netfilter'
import {
  classicPool,
  dockerPool,
  PoolExhaustedError,
  parsePool,
  planSubnets,
  type SubnetPlan,
} from '../../src/pool/index.ts'
import { readPool } from '../../src/pool/parse-pool.ts'
import { names, only, planOne, route, web } from './plan-one.ts'

describe('the default pools', () => {
  test('give the subnets of docker when those of classic are used up', () => {
    const plans = planSubnets({}, names(30))
    const pools = plans.map(({ pool }) => pool)
    expect(pools.indexOf('docker')).toBe(10)
    expect(new Set(pools.slice(10))).toEqual(new Set(['docker']))
    expect(new Set(plans.map(({ subnet }) => subnet)).size).toBe(30)
    expect(plans[10]).toMatchObject({ subnet: '172.18.0.0/16', gateway: '172.18.0.1' })
  })

  test('say, when both are used up, how another pool is named for once and for good', () => {
    const message = /--pool 10\.64\.0\.0\/12:24, or for good under pools: in \/etc\/portolan\/config\.yaml/
    expect(() => planSubnets({}, names(200))).toThrow(message)
    expect(() => planSubnets({}, names(20), [classicPool])).toThrow(/--pool docker, or for good/)
  })
})

describe('the classic pool', () => {
  test('gives its twelve subnets in order, each with its gateway as written', () => {
    // Three of the twelve lie inside earlier ones, so only nine can be used at once.
    const plans = planSubnets({}, names(9))
    expect(plans.map(({ subnet, gateway }) => `${subnet} ${gateway}`)).toEqual([
      '172.17.0.0/16 172.17.42.1',
      '10.0.0.0/16 10.0.42.1',
      '10.1.0.0/16 10.1.42.1',
      '10.42.0.0/16 10.42.42.1',
      '172.16.42.0/24 172.16.42.1',
      '172.16.43.0/24 172.16.43.1',
      '172.16.44.0/24 172.16.44.1',
      '192.168.42.0/24 192.168.42.1',
      '192.168.43.0/24 192.168.43.1',
    ])
  })

  test('with a wanted size picks that size inside each entry, gateway first', () => {
    const plans = planSubnets({}, [
      { ...web, size: 17 },
      { ...web, network: 'b', size: 17 },
      { ...web, network: 'c', size: 17 },
    ])
    expect(plans.map(({ subnet, gateway }) => `${subnet} ${gateway}`)).toEqual([
      '172.17.0.0/17 172.17.0.1',
      '172.17.128.0/17 172.17.128.1',
      '10.0.0.0/17 10.0.0.1',
    ])
    expect(planOne({}, { size: 16 }).gateway).toBe('172.17.0.1')
  })
})

describe('the docker pool', () => {
  test('gives /16s, then /20s of 192.168.0.0/16, each with its first address as gateway', () => {
    const plans = planSubnets({}, names(31), [dockerPool])
    const subnets = plans.map(({ subnet }) => subnet)
    expect(subnets.slice(0, 4)).toEqual(['172.17.0.0/16', '172.18.0.0/16', '172.19.0.0/16', '172.20.0.0/16'])
    expect(subnets.slice(14, 17)).toEqual(['172.31.0.0/16', '192.168.0.0/20', '192.168.16.0/20'])
    expect(plans[15]?.gateway).toBe('192.168.0.1')
    expect(() => planSubnets({}, names(32), [dockerPool])).toThrow(PoolExhaustedError)
  })
})

describe('own pools', () => {
  test('are used in the order written, not sorted as Docker sorts them', () => {
    // Docker sorts by base and drops overlapping entries, so the order in its configuration means nothing.
    const pools = ['192.168.0.0/24:25', '10.0.0.0/8:16', '10.0.0.0/8:24'].map(parsePool)
    const plans = planSubnets({ routes: [{ destination: '10.1.0.0/17' }] }, names(4), pools)
    expect(plans.map(({ subnet, pool }) => [subnet, pool])).toEqual([
      ['192.168.0.0/25', '192.168.0.0/24:25'],
      ['192.168.0.128/25', '192.168.0.0/24:25'],
      ['10.0.0.0/16', '10.0.0.0/8:16'],
      ['10.2.0.0/16', '10.0.0.0/8:16'],
    ])
  })

  test('may overlap one another: what one gave the other does not give again', () => {
    const plans = planSubnets({}, names(3), ['10.0.0.0/16:16', '10.0.0.0/15:24'].map(parsePool))
    expect(plans.map(({ subnet }) => subnet)).toEqual(['10.0.0.0/16', '10.1.0.0/24', '10.1.1.0/24'])
    expect(
      plans[1]?.rejected.map(({ candidate, candidates, kind }) => [candidate, candidates, kind]),
    ).toEqual([
      ['10.0.0.0/16', 1, 'own'],
      ['10.0.0.0/24', 256, 'own'],
    ])
  })

  test.each([8, 15, 33, 150, 0, -1, 16.5])(
    'with a wanted size of /%s, out of a /16, are an error',
    (size) => {
      expect(() => planOne({}, { size }, parsePool('10.0.0.0/16:24'))).toThrow(InvalidRequestError)
    },
  )

  test('that are too small for a wanted size are passed over while another is large enough', () => {
    const pools = ['10.0.0.0/24:24', '10.8.0.0/16:24'].map(parsePool)
    expect(only(planSubnets({}, [{ ...web, size: 20 }], pools)).subnet).toBe('10.8.0.0/20')
  })

  test('of a request come before those of the plan', () => {
    expect(planOne({}, { pools: [parsePool('10.9.0.0/16:28')] }).subnet).toBe('10.9.0.0/28')
  })

  test.each([
    ['10.0.0.0/31:31', '10.0.0.0/31', '10.0.0.0'],
    ['10.0.0.7/32:32', '10.0.0.7/32', '10.0.0.7'],
    ['10.0.0.0/30:30', '10.0.0.0/30', '10.0.0.1'],
    ['fd00::/127:127', 'fd00::/127', 'fd00::'],
    ['fd00::5/128:128', 'fd00::5/128', 'fd00::5'],
    ['fd00::/48:64', 'fd00::/64', 'fd00::1'],
    ['255.255.254.0/24:25', '255.255.254.0/25', '255.255.254.1'],
  ])('%s gives %s with gateway %s', (pool, subnet, gateway) => {
    const family = pool.startsWith('fd') ? 'ip6' : 'ip'
    expect(planOne({}, { family }, parsePool(pool))).toMatchObject({ subnet, gateway, pool })
  })

  test('are searched to the very end of the address space', () => {
    const facts = { routes: [{ destination: '255.255.255.0/25' }] }
    // As in a cluster whose pool an earlier version set.
    expect(planOne(facts, {}, readPool('255.255.255.0/24:25')).subnet).toBe('255.255.255.128/25')
    const last = readPool('ffff:ffff::/32:33')
    expect(planOne({}, { family: 'ip6' }, last, { reserve: ['ffff:ffff::/33'] }).subnet).toBe(
      'ffff:ffff:8000::/33',
    )
    expect(() => planOne({}, { family: 'ip6' }, last, { reserve: ['ffff::/16'] })).toThrow(PoolExhaustedError)
  })
})

describe('a pool with nothing left', () => {
  test('is an error that says what was tried, what is in the way, and what to do', () => {
    const plan = (): unknown => planOne(route('0.0.0.0/1'), { pools: [parsePool('10.0.0.0/8:24')] })
    expect(plan).toThrow(PoolExhaustedError)
    expect(plan).toThrow(
      'No subnet is free for network web in pool 10.0.0.0/8:24 (10.0.0.0/24 and 65535 more: route 0.0.0.0/1 via wg0). Name another pool',
    )
    try {
      plan()
    } catch (error) {
      expect(error).toMatchObject({ code: 'POOL_EXHAUSTED', pools: ['10.0.0.0/8:24'] })
      expect((error as PoolExhaustedError).rejected).toMatchObject([{ candidates: 65536, kind: 'route' }])
    }
  })
})

describe('many requests', () => {
  test('each list all that was passed over, while that is short', () => {
    const plans = planSubnets(route('10.0.0.0/24'), names(3), [parsePool('10.0.0.0/16:24')])
    expect(plans[2]?.rejected.map(({ candidate, kind }) => [candidate, kind])).toEqual([
      ['10.0.0.0/24', 'route'],
      ['10.0.1.0/24', 'own'],
      ['10.0.2.0/24', 'own'],
    ])
  })

  test('count what was passed over once it is long, and miss none', () => {
    const routes = Array.from({ length: 120 }, (_, at) => ({ destination: `10.0.${at * 2}.0/24` }))
    const plans = planSubnets({ routes }, names(136), [parsePool('10.0.0.0/16:24')])
    for (const [at, { subnet, rejected }] of plans.entries()) {
      const before = Number(subnet.split('.')[2])
      expect(rejected.reduce((sum, { candidates }) => sum + candidates, 0)).toBe(before)
      expect(rejected.length).toBeLessThanOrEqual(102 + at)
    }
    expect(plans.at(-1)?.rejected.length).toBeLessThan(5)
  })

  test.each([
    ['ip', '10.0.0.0/8:24'],
    ['ip6', 'fd00::/48:64'],
  ] as const)('that each name the same pool of %s are answered as if the plan named it', (family, pool) => {
    const requests = names(300).map(({ network }) => ({ network, family }))
    const own = planSubnets(
      {},
      requests.map((request) => ({ ...request, pools: [parsePool(pool)] })),
    )
    const shared = planSubnets({}, requests, [parsePool(pool)])
    const counted = ({ subnet, rejected }: SubnetPlan) => [subnet, rejected.length]
    expect(own.map(counted)).toEqual(shared.map(counted))
    expect(own.at(-1)?.rejected).toEqual(shared.at(-1)?.rejected)
  })
})

test('all 65,536 subnets of 10.0.0.0/8, less those that 10,000 prefixes touch, are given once each', () => {
  // A multiplicative sequence: spread out, and the same on every run.
  const reserve = Array.from({ length: 10_000 }, (_, at) => {
    const offset = (at * 7919 * 256 + 13 * at) % 2 ** 24
    return `10.${offset >>> 16}.${(offset >>> 8) & 255}.${offset & 255}/${25 + (at % 8)}`
  })
  const touched = new Set(reserve.map((prefix) => prefix.split('.').slice(0, 3).join('.')))
  const plans = planSubnets({}, names(65_536 - touched.size), [parsePool('10.0.0.0/8:24')], { reserve })
  const given = new Set(plans.map(({ subnet }) => subnet.split('.').slice(0, 3).join('.')))
  expect(given.size).toBe(65_536 - touched.size)
  expect([...given].filter((subnet) => touched.has(subnet))).toEqual([])
  expect(() =>
    planSubnets({}, names(65_537 - touched.size), [parsePool('10.0.0.0/8:24')], { reserve }),
  ).toThrow(PoolExhaustedError)
})
