import { describe, expect, test } from '@jest/globals'
import { type HostFacts, InvalidRequestError, ParseError, type RouteFact } from '@portolan/netfilter'
import { bridgeAlias } from '../../src/contract/index.ts'
import {
  classicPool,
  dockerPool,
  PoolExhaustedError,
  parsePool,
  planSubnets,
  type SubnetPlan,
  type SubnetPlanOptions,
  type SubnetRequest,
} from '../../src/pool/index.ts'
import { readPool } from '../../src/pool/parse-pool.ts'

const web: SubnetRequest = { network: 'web', family: 'ip' }

const only = (plans: readonly SubnetPlan[]): SubnetPlan => {
  const [plan] = plans
  if (plan === undefined || plans.length !== 1) throw new Error(`${plans.length} plans`)
  return plan
}

const planOne = (
  facts: HostFacts,
  request: Partial<SubnetRequest> = {},
  pool = classicPool,
  options: SubnetPlanOptions = {},
): SubnetPlan => only(planSubnets(facts, [{ ...web, ...request }], [pool], options))

const route = (destination: string, rest: RouteFact = {}): HostFacts => ({
  routes: [{ destination, interface: 'wg0', ...rest }],
})

const names = (count: number): SubnetRequest[] =>
  Array.from({ length: count }, (_, at) => ({ network: `n${at}`, family: 'ip' }))

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

describe('what is on the host and in the way', () => {
  test.each<[string, HostFacts, object]>([
    [
      'a route in any table',
      { routes: [{ destination: '172.0.0.0/8', interface: 'wg0', table: 51820, gateway: null }] },
      { kind: 'route', overlaps: '172.0.0.0/8', detail: 'route 172.0.0.0/8 via wg0 in table 51820' },
    ],
    [
      'a route through a gateway',
      { routes: [{ destination: '172.17.5.0/24', interface: 'eth0', table: 254, gateway: '192.0.2.1' }] },
      {
        kind: 'route',
        overlaps: '172.17.5.0/24',
        detail: 'route 172.17.5.0/24 via 192.0.2.1 on eth0 in table main',
      },
    ],
    [
      'a route to one host, without a length',
      { routes: [{ destination: '172.17.5.1' }] },
      { kind: 'route', overlaps: '172.17.5.1/32' },
    ],
    [
      'a nameserver',
      { nameservers: ['172.17.0.2'] },
      { kind: 'nameserver', overlaps: '172.17.0.2/32', detail: 'nameserver 172.17.0.2' },
    ],
    [
      'the address of an interface that is up',
      { interfaces: [{ name: 'eth0', up: true, addresses: ['172.17.3.4/20'] }] },
      { kind: 'address', overlaps: '172.17.0.0/20', detail: 'address 172.17.3.4/20 of eth0' },
    ],
    [
      'the address of an interface that is down',
      { interfaces: [{ name: 'eth1', up: false, addresses: ['172.17.3.4/32'] }] },
      { kind: 'address', overlaps: '172.17.3.4/32', detail: 'address 172.17.3.4/32 of eth1 (down)' },
    ],
    [
      'a network of another engine, up or not',
      { networks: [{ engine: 'podman', name: 'lab', subnets: ['172.17.0.0/24'], file: '/etc/lab.json' }] },
      {
        kind: 'network',
        overlaps: '172.17.0.0/24',
        detail: "podman's network lab (172.17.0.0/24), defined in /etc/lab.json",
      },
    ],
    [
      'a bridge of another project of ours',
      {
        interfaces: [
          {
            name: 'br-x',
            alias: bridgeAlias({ project: 'shop', network: 'web' }),
            addresses: ['172.17.42.1/16'],
          },
        ],
      },
      {
        kind: 'address',
        overlaps: '172.17.0.0/16',
        detail: 'address 172.17.42.1/16 of br-x, the bridge of network web of project shop',
      },
    ],
    [
      'an AnyIP route, which is of type local',
      { routes: [{ destination: '172.17.9.0/24', interface: 'lo', type: 'local', table: 255 }] },
      { kind: 'route', detail: 'local route 172.17.9.0/24 via lo in table local' },
    ],
    ['half a default route', route('128.0.0.0/1'), { kind: 'route', overlaps: '128.0.0.0/1' }],
  ])('%s', (_, facts, expected) => {
    const plan = planOne(facts, {}, classicPool, { project: 'blog' })
    expect(plan.subnet).toBe('10.0.0.0/16')
    expect(plan.rejected).toEqual([
      expect.objectContaining({ candidate: '172.17.0.0/16', candidates: 1, ...expected }),
    ])
  })

  test('a live lease, a range the user reserved, and the addresses of clouds', () => {
    const plan = planOne({}, {}, parsePool('172.16.0.0/12:16'), {
      project: 'blog',
      reserve: ['172.17.1.1'],
      leases: [{ project: 'shop', network: 'web', subnet: '172.18.0.0/16' }],
    })
    expect(plan.subnet).toBe('172.19.0.0/16')
    expect(
      plan.rejected.map(({ candidate, kind, overlaps, detail }) => [candidate, kind, overlaps, detail]),
    ).toEqual([
      ['172.16.0.0/16', 'resolver', '172.16.0.23/32', "EC2's resolver 172.16.0.23"],
      ['172.17.0.0/16', 'reserved', '172.17.1.1/32', '172.17.1.1/32 is reserved by the user'],
      ['172.18.0.0/16', 'lease', '172.18.0.0/16', '172.18.0.0/16 is leased to network web of project shop'],
    ])
  })

  test.each([
    ['169.254.169.253/32:32'],
    ['169.254.169.254/32:32'],
    ['168.63.129.0/24:24'],
    ['100.100.2.128/28:28'],
    ['fd00:ec2::/64:64'],
  ])('%s holds only an address some cloud answers on, so it is never given', (pool) => {
    const family = pool.includes('::') ? 'ip6' : 'ip'
    // A cluster of an earlier version may have a pool that would be refused now.
    expect(() => planOne({}, { family }, readPool(pool))).toThrow(PoolExhaustedError)
  })

  test('one thing that blocks many candidates is one rejection that counts them', () => {
    const plan = planOne(route('10.0.0.0/9'), {}, parsePool('10.0.0.0/8:24'))
    expect(plan.subnet).toBe('10.128.0.0/24')
    expect(plan.rejected).toEqual([
      expect.objectContaining({ candidate: '10.0.0.0/24', candidates: 32768, overlaps: '10.0.0.0/9' }),
    ])
  })

  test('a nameserver with a zone is an address all the same', () => {
    const facts = { nameservers: ['fd42:98fc:1c14::53%eth0'] }
    expect(planOne(facts, { family: 'ip6' }).subnet).toBe('fd42:98fc:1c14:1::/64')
  })

  test('what cannot be read is an error, never a range that counts as free', () => {
    expect(() => planOne(route('172.17.0.0/I6'))).toThrow(ParseError)
    expect(() => planOne({ nameservers: ['dns.example'] })).toThrow(ParseError)
    expect(() => planOne({ interfaces: [{ name: 'eth0', addresses: ['172.17.0.1'] }] })).toThrow(ParseError)
    expect(() => planOne({ networks: [{ subnets: ['any'] }] })).toThrow(ParseError)
    expect(() => planOne({}, {}, classicPool, { reserve: ['10/8'] })).toThrow(ParseError)
    expect(() => planOne({}, {}, classicPool, { allow: ['all'] })).toThrow(ParseError)
  })
})

describe('what is on the host and in no subnet’s way', () => {
  test.each<[string, HostFacts]>([
    ['a default route', { routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }] }],
    [
      'a default route written as a prefix',
      { routes: [{ destination: '0.0.0.0/0' }, { destination: '::/0' }] },
    ],
    [
      'a default route in two halves',
      { routes: [{ destination: '0.0.0.0/1' }, { destination: '128.0.0.0/1' }] },
    ],
    [
      'routes that lead nowhere',
      {
        routes: ['blackhole', 'unreachable', 'prohibit', 'throw'].map((type) => ({
          destination: '172.16.0.0/12',
          type,
        })),
      },
    ],
    [
      'broadcast and multicast routes',
      {
        routes: [
          { destination: '172.17.255.255', type: 'broadcast' },
          { destination: '128.0.0.0/2', type: 'multicast' },
        ],
      },
    ],
    [
      'loopback',
      { interfaces: [{ name: 'lo', addresses: ['127.0.0.1/8', '::1/128'] }], nameservers: ['127.0.0.53'] },
    ],
    ['a route without a destination', { routes: [{ interface: 'wg0' }] }],
    [
      'link-local addresses',
      {
        interfaces: [{ name: 'eth0', addresses: ['fe80::1/64'] }],
        routes: [{ destination: 'fe80::/64' }, { destination: 'ff00::/8' }],
      },
    ],
  ])('%s', (_, facts) => {
    expect(planOne(facts)).toMatchObject({ subnet: '172.17.0.0/16', rejected: [] })
    expect(planOne(facts, { family: 'ip6' }).rejected).toEqual([])
  })

  test.each([
    [['::/1', '8000::/1'], true],
    [['::/3', '2000::/4', '3000::/4', 'fc00::/7'], true],
    [['::/3', '2000::/4', 'fc00::/7'], false],
    [['8000::/1'], false],
    [['fc00::/7'], false],
  ])('IPv6 routes %j are a whole default: %s', (destinations, isDefault) => {
    const facts = { routes: destinations.map((destination) => ({ destination, interface: 'tun0' })) }
    const plan = (): SubnetPlan => planOne(facts, { family: 'ip6' })
    if (isDefault) expect(plan().rejected).toEqual([])
    else expect(plan).toThrow(PoolExhaustedError)
  })

  test('halves of a default in two different tables are not a default', () => {
    const routes = [
      { destination: '0.0.0.0/1', table: 254 },
      { destination: '128.0.0.0/1', table: 100 },
    ]
    expect(() => planOne({ routes })).toThrow(PoolExhaustedError)
  })
})

describe('allowed ranges', () => {
  test('are taken out of what is avoided', () => {
    const facts = route('172.16.0.0/12')
    expect(planOne(facts).subnet).toBe('10.0.0.0/16')
    expect(planOne(facts, {}, classicPool, { allow: ['172.17.0.0/16'] }).subnet).toBe('172.17.0.0/16')
    expect(planOne(facts, {}, classicPool, { allow: ['172.17.0.0/17', '172.17.128.0/17'] }).subnet).toBe(
      '172.17.0.0/16',
    )
    expect(planOne(facts, {}, classicPool, { allow: ['172.17.0.0/17'] }).subnet).toBe('10.0.0.0/16')
  })

  test('are found in the middle of something large that blocks', () => {
    const plan = planOne(route('10.0.0.0/8'), {}, parsePool('10.0.0.0/8:24'), { allow: ['10.9.8.0/22'] })
    expect(plan.subnet).toBe('10.9.8.0/24')
    expect(plan.rejected.map(({ candidates }) => candidates)).toEqual([9 * 256 + 8])
  })

  test('side by side are one range, also where a candidate begins in the middle of it', () => {
    const plan = (pool: string, ...allow: readonly string[]): SubnetPlan =>
      planOne(route('10.0.0.0/24'), {}, parsePool(pool), { allow })
    expect(plan('10.0.0.0/24:28', '10.0.0.8/29', '10.0.0.16/28').subnet).toBe('10.0.0.16/28')
    expect(plan('10.0.0.0/24:28', '10.0.0.12/30', '10.0.0.16/29', '10.0.0.24/29').subnet).toBe('10.0.0.16/28')
  })

  test('do not give up what is reserved by name, leased, or taken by this plan', () => {
    const options: SubnetPlanOptions = {
      allow: ['0.0.0.0/0'],
      reserve: ['10.0.0.0/24'],
      leases: [{ project: 'shop', network: 'web', subnet: '10.0.1.0/24' }],
    }
    const plans = planSubnets(route('10.0.0.0/8'), names(2), [parsePool('10.0.0.0/8:24')], options)
    expect(plans.map(({ subnet }) => subnet)).toEqual(['10.0.2.0/24', '10.0.3.0/24'])
  })
})

describe('a subnet asked for by name', () => {
  const fixed = (facts: HostFacts, subnet: string, rest: Partial<SubnetRequest> = {}): SubnetPlan =>
    planOne(facts, { subnet, ...rest })

  test('is given as asked, with its first address as gateway or the one that was named', () => {
    expect(fixed({}, '10.5.0.9/16')).toEqual({
      network: 'web',
      family: 'ip',
      subnet: '10.5.0.0/16',
      gateway: '10.5.0.1',
      pool: null,
      origin: 'fixed',
      rejected: [],
      overlaps: [],
    })
    expect(fixed({}, '10.5.0.0/16', { gateway: '10.5.255.254' }).gateway).toBe('10.5.255.254')
    expect(fixed({}, '172.17.0.0/16').gateway).toBe('172.17.0.1')
  })

  test.each(['fe80::/64', 'ff05::/64', '::ffff:10.0.0.0/104'])(
    'that no network can use is refused: %s',
    (subnet) => {
      expect(() => planOne({}, { family: 'ip6', subnet })).toThrow('which no network can use')
    },
  )

  test('that overlaps the host is given all the same, and says what it overlaps', () => {
    const plan = fixed(
      { routes: [{ destination: '10.5.1.0/24', interface: 'wg0', table: 7 }], nameservers: ['10.5.200.1'] },
      '10.5.0.0/16',
    )
    expect(plan.subnet).toBe('10.5.0.0/16')
    expect(plan.overlaps).toEqual([
      {
        kind: 'route',
        overlaps: '10.5.1.0/24',
        detail: 'route 10.5.1.0/24 via wg0 in table 7',
        interface: 'wg0',
        owner: null,
      },
      {
        kind: 'nameserver',
        overlaps: '10.5.200.1/32',
        detail: 'nameserver 10.5.200.1',
        interface: null,
        owner: null,
      },
    ])
  })

  test('does not overlap what the user allowed', () => {
    const plan = planOne(route('10.0.0.0/8'), { subnet: '10.5.0.0/16' }, classicPool, {
      allow: ['10.5.0.0/16'],
    })
    expect(plan.overlaps).toEqual([])
  })

  test('is spoken for before anything is picked, wherever it stands in the list', () => {
    const plans = planSubnets({}, [web, { network: 'db', family: 'ip', subnet: '172.17.3.0/24' }])
    expect(plans.map(({ subnet }) => subnet)).toEqual(['10.0.0.0/16', '172.17.3.0/24'])
    expect(plans[0]?.rejected[0]).toMatchObject({
      kind: 'own',
      overlaps: '172.17.3.0/24',
      detail: '172.17.3.0/24 is taken by network db in this plan',
    })
  })

  test.each([
    [['172.17.0.0/24', '172.17.0.0/16']],
    [['172.17.0.0/16', '172.17.0.0/24']],
    [['172.17.0.0/32', '172.17.0.0/24', '172.17.0.0/16']],
    [['172.17.7.0/24', '172.17.0.0/16', '172.17.0.0/24']],
  ])('%j are all spoken for, though they lie in one another: the next is given none of it', (subnets) => {
    const fixed = subnets.map((subnet, at) => ({ network: `f${at}`, family: 'ip' as const, subnet }))
    const pools = [parsePool('172.16.0.0/12:24')]
    const [plan] = planSubnets({}, [...names(1), ...fixed], pools, { reserve: ['172.16.0.0/16'] })
    expect(plan?.subnet).toBe('172.18.0.0/24')
  })

  // Some rows of V5 (see docker-overlaps.test.ts), within one plan.
  test.each([
    ['10.0.0.0/8', '11.0.0.0/8', 0],
    ['74.0.0.0/7', '9.111.99.72/30', 0],
    ['16.182.0.0/15', '16.182.0.0/16', 1],
    ['16.182.0.0/16', '16.182.0.0/15', 1],
    ['25.173.144.0/20', '25.173.143.0/16', 1],
    ['10.0.0.0/8', '10.0.0.0/8', 1],
  ])('%s and then %s in one plan: the second overlaps %s', (first, second, count) => {
    const plans = planSubnets({}, [
      { ...web, subnet: first },
      { network: 'db', family: 'ip', subnet: second },
    ])
    expect(plans.map(({ overlaps }) => overlaps.length)).toEqual([0, count])
  })

  test('0.0.0.0/N and ::/N ask for any subnet of that size, as in Docker', () => {
    const plans = planSubnets({}, [
      { ...web, subnet: '0.0.0.0/20' },
      { ...web, network: 'b', subnet: '0.0.0.0/0' },
      { ...web, network: 'c', family: 'ip6', subnet: '::/80' },
    ])
    expect(plans.map(({ subnet }) => subnet)).toEqual(['172.17.0.0/20', '10.0.0.0/16', 'fd42:98fc:1c14::/80'])
  })

  test('one that no pool may have is given to a network that names it, as Docker does', () => {
    for (const subnet of ['169.254.170.0/24', '255.255.255.0/24'])
      expect(planOne({}, { subnet }).subnet).toBe(subnet)
  })

  test.each([
    [{ subnet: '224.0.0.0/8' }, 'not one that containers can have'],
    [{ subnet: '127.5.0.0/16' }, 'not one that containers can have'],
    [{ subnet: 'fd00::/64' }, 'asks for an ip subnet but names fd00::/64'],
    [{ subnet: '10.5.0.0/16', gateway: '10.6.0.1' }, 'gateway 10.6.0.1'],
    [{ subnet: '10.5.0.0/16', gateway: '10.5.0.0' }, 'gateway 10.5.0.0'],
    [{ subnet: '10.5.0.0/16', gateway: '10.5.255.255' }, 'gateway 10.5.255.255'],
    [{ subnet: '10.5.0.0/16', gateway: 'fd00::1' }, 'gateway fd00::1'],
    [{ subnet: '10.5.0.0/16', ipRange: '10.6.0.0/24' }, 'ip_range 10.6.0.0/24'],
    [{ gateway: '10.6.0.1' }, 'give the network a subnet that holds it'],
  ])('%j makes no sense on any host', (request, message) => {
    expect(() => planOne({}, request)).toThrow(InvalidRequestError)
    expect(() => planOne({}, request)).toThrow(message)
  })
})

describe('a network whose bridge exists', () => {
  const alias = bridgeAlias({ project: 'shop', network: 'web' })
  const up: HostFacts = {
    interfaces: [
      {
        name: 'br-web',
        up: true,
        kind: 'bridge',
        alias,
        addresses: ['172.17.42.1/16', 'fd00::7/64', 'fe80::1/64'],
      },
    ],
    routes: [
      { destination: '172.17.0.0/16', gateway: null, interface: 'br-web', table: 254, scope: 'link' },
      { destination: '172.17.42.1', gateway: null, interface: 'br-web', table: 255, type: 'local' },
      { destination: '172.17.255.255', interface: 'br-web', table: 255, type: 'broadcast' },
      { destination: 'fd00::/64', interface: 'br-web' },
      { destination: 'fd00::7', interface: 'lo', table: 255, type: 'local' },
    ],
  }
  const shop = { project: 'shop' }

  test('keeps its subnet and gateway, and nothing of the bridge counts against it', () => {
    const plans = planSubnets(up, [web, { ...web, family: 'ip6' }], [classicPool], shop)
    expect(
      plans.map(({ subnet, gateway, pool, origin, overlaps }) => [subnet, gateway, pool, origin, overlaps]),
    ).toEqual([
      ['172.17.0.0/16', '172.17.42.1', 'classic', 'held', []],
      ['fd00::/64', 'fd00::7', null, 'held', []],
    ])
  })

  test('keeps it, and has it for itself, where it is isolated and its alias alone tells it', () => {
    const isolated: HostFacts = {
      interfaces: [{ name: 'br-web', alias: `${alias} ip=isolated subnet=172.17.0.0/16`, addresses: [] }],
    }
    expect(planOne(isolated, {}, parsePool('10.64.0.0/12:24'), shop)).toMatchObject({
      subnet: '172.17.0.0/16',
      origin: 'held',
      overlaps: [],
    })
    const other = only(planSubnets(isolated, [{ network: 'db', family: 'ip' }], [classicPool], shop))
    expect(other).toMatchObject({
      subnet: '10.0.0.0/16',
      rejected: [{ detail: '172.17.0.0/16 is leased to network web of project shop' }],
    })
  })

  test('keeps it though an earlier one in the pool has become free', () => {
    const moved: HostFacts = { interfaces: [{ name: 'br-web', alias, addresses: ['10.42.42.1/16'] }] }
    expect(planOne(moved, {}, classicPool, shop)).toMatchObject({
      subnet: '10.42.0.0/16',
      gateway: '10.42.42.1',
    })
  })

  test('is told when a VPN came up over it later, and is not moved', () => {
    const facts = {
      ...up,
      routes: [...(up.routes ?? []), { destination: '172.17.8.0/24', interface: 'wg0', table: 51820 }],
    }
    const plan = planOne(facts, {}, classicPool, shop)
    expect(plan.subnet).toBe('172.17.0.0/16')
    expect(plan.overlaps).toEqual([
      {
        kind: 'route',
        overlaps: '172.17.8.0/24',
        detail: 'route 172.17.8.0/24 via wg0 in table 51820',
        interface: 'wg0',
        owner: null,
      },
    ])
  })

  test('gives it up for one that is asked for by name, next to its old one or inside it', () => {
    for (const subnet of ['172.17.0.0/24', '10.5.0.0/16']) {
      expect(planOne(up, { subnet }, classicPool, shop)).toMatchObject({
        subnet,
        origin: 'fixed',
        overlaps: [],
      })
    }
  })

  test('reserves its subnet against every other network, of its project or not', () => {
    const other = { network: 'db', family: 'ip' } as const
    expect(only(planSubnets(up, [other], [classicPool], shop)).subnet).toBe('10.0.0.0/16')
    expect(only(planSubnets(up, [other], [classicPool], { project: 'blog' })).subnet).toBe('10.0.0.0/16')
    expect(planSubnets(up, [other, web], [classicPool], shop).map(({ subnet }) => subnet)).toEqual([
      '10.0.0.0/16',
      '172.17.0.0/16',
    ])
  })

  test('that is no longer wanted does not stand in the way of a subnet asked for by name: its bridge goes', () => {
    const renamed = { network: 'site', family: 'ip', subnet: '172.17.0.0/16' } as const
    expect(only(planSubnets(up, [renamed], [classicPool], shop)).overlaps).toEqual([])
    expect(only(planSubnets(up, [renamed], [classicPool], { project: 'blog' })).overlaps).toHaveLength(1)
  })

  test('counts a route through a container as a network beyond the bridge', () => {
    const facts = {
      ...up,
      routes: [{ destination: '10.0.0.0/16', gateway: '172.17.0.5', interface: 'br-web' }],
    }
    const plans = planSubnets(facts, [web, { network: 'db', family: 'ip' }], [classicPool], shop)
    expect(plans.map(({ subnet }) => subnet)).toEqual(['172.17.0.0/16', '10.1.0.0/16'])
  })

  test('is not known to be anybody’s when no project asks', () => {
    expect(planOne(up).subnet).toBe('10.0.0.0/16')
  })

  test('planning again on what was planned changes nothing', () => {
    const first = planSubnets(
      {},
      [web, { network: 'db', family: 'ip' }, { ...web, family: 'ip6' }],
      [classicPool],
      shop,
    )
    const interfaces = ['web', 'db'].map((network) => ({
      name: `br-${network}`,
      alias: bridgeAlias({ project: 'shop', network }),
      addresses: first
        .filter((plan) => plan.network === network)
        .map(({ gateway, subnet }) => `${gateway}${subnet.slice(subnet.indexOf('/'))}`),
    }))
    const second = planSubnets(
      { interfaces },
      [web, { network: 'db', family: 'ip' }, { ...web, family: 'ip6' }],
      [classicPool],
      shop,
    )
    const kept = ({ subnet, gateway, pool }: SubnetPlan) => ({ subnet, gateway, pool })
    expect(second.map(kept)).toEqual(first.map(kept))
    expect(second.flatMap(({ overlaps }) => overlaps)).toEqual([])
  })
})

describe('a subnet held without a bridge of ours', () => {
  test('is kept by a lease of the network itself', () => {
    const options = { project: 'shop', leases: [{ project: 'shop', network: 'web', subnet: '10.1.0.0/16' }] }
    expect(planOne({}, {}, classicPool, options)).toMatchObject({
      subnet: '10.1.0.0/16',
      gateway: '10.1.42.1',
      pool: 'classic',
      origin: 'held',
      overlaps: [],
    })
  })

  test('of an external network is what its bridge has, and that bridge is not in its own way', () => {
    const facts: HostFacts = {
      interfaces: [{ name: 'docker0', addresses: ['172.17.0.1/16'] }],
      routes: [{ destination: '172.17.0.0/16', interface: 'docker0' }],
    }
    const plan = planOne(facts, { held: '172.17.0.1/16', bridge: 'docker0' })
    expect(plan).toMatchObject({ subnet: '172.17.0.0/16', gateway: '172.17.0.1', overlaps: [] })
    expect(planOne(facts, { bridge: 'docker0' })).toMatchObject({ gateway: '172.17.0.1', origin: 'held' })
    expect(planOne(facts, { held: '172.17.0.0/16' }).overlaps).toHaveLength(1)
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
