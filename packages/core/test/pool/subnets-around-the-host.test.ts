import { describe, expect, test } from '@jest/globals'
import { type HostFacts, ParseError } from '@portolan/netfilter'
import { bridgeAlias } from '../../src/contract/index.ts'
import {
  classicPool,
  PoolExhaustedError,
  parsePool,
  planSubnets,
  type SubnetPlan,
  type SubnetPlanOptions,
} from '../../src/pool/index.ts'
import { readPool } from '../../src/pool/parse-pool.ts'
import { names, planOne, route } from './plan-one.ts'

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
