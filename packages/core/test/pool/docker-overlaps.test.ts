import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { PortolanError } from '@portolan/netfilter'
import { acquireSubnet, emptyLeases } from '../../src/lease/index.ts'
import {
  classicPool,
  dockerPool,
  PoolExhaustedError,
  parsePool,
  planSubnets,
  type SubnetPlan,
  type SubnetRequest,
} from '../../src/pool/index.ts'

const only = (plans: readonly SubnetPlan[]): SubnetPlan => {
  const [plan] = plans
  if (plan === undefined || plans.length !== 1) throw new Error(`${plans.length} plans`)
  return plan
}

const planOne = (facts: HostFacts, request: Partial<SubnetRequest> = {}, pool = classicPool): SubnetPlan =>
  only(planSubnets(facts, [{ network: 'web', family: 'ip', ...request }], [pool]))

const routes = (...destinations: readonly string[]): HostFacts => ({
  routes: destinations.map((destination) => ({ destination, interface: 'eth0' })),
})

// V5 (moby, ipams/defaultipam/allocator_test.go TestOverlappingRequests): one subnet is leased, and the other is
// requested.
describe('V5: a subnet asked for while another is leased', () => {
  const lease = (network: string, subnet: string) =>
    ({
      kind: 'subnet',
      project: 'shop',
      network,
      family: subnet.includes(':') ? 'ip6' : 'ip',
      subnet,
      gateway: subnet.includes(':') ? 'fd00::1' : '10.0.0.1',
      movedFrom: null,
    }) as const

  const ask = (existing: string, requested: string): string => {
    const { state } = acquireSubnet(emptyLeases, lease('db', existing))
    try {
      acquireSubnet(state, lease('web', requested))
      return 'given'
    } catch (error) {
      return error instanceof PortolanError ? error.code : String(error)
    }
  }

  test.each([
    ['10.0.0.0/8', '11.0.0.0/8'],
    ['74.0.0.0/7', '9.111.99.72/30'],
    ['110.192.0.0/10', '16.0.0.0/10'],
  ])('with %s leased, %s is given', (existing, requested) => {
    expect(ask(existing, requested)).toBe('given')
    expect(ask(requested, existing)).toBe('given')
  })

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
  ])('with %s leased, %s is refused, and the other way round', (existing, requested) => {
    expect(ask(existing, requested)).toBe('SUBNET_LEASED')
    expect(ask(requested, existing)).toBe('SUBNET_LEASED')
  })

  test.each<['ip' | 'ip6', string, string, readonly string[]]>([
    ['ip', '0.0.0.0/16', '0.0.0.0/16', ['172.17.0.0/16', '10.0.0.0/16']],
    ['ip6', '::/0', '::/0', ['fd42:98fc:1c14::/64', 'fd42:98fc:1c14:1::/64']],
  ])(
    'in %s, %s and then %s, the unspecified address meaning any: %j',
    (family, existing, requested, expected) => {
      const given: string[] = []
      for (const [at, subnet] of [existing, requested].entries()) {
        const leases = given.map((one, index) => ({ project: 'shop', network: `n${index}`, subnet: one }))
        const request = { network: `n${at}`, family, subnet }
        given.push(only(planSubnets({}, [request], [classicPool], { project: 'shop', leases })).subnet)
      }
      expect(given).toEqual(expected)
    },
  )

  test('with f000::/4 leased, ::/0 is any of a pool outside of it', () => {
    const leases = [{ project: 'shop', network: 'db', subnet: 'f000::/4' }]
    const request = { network: 'web', family: 'ip6', subnet: '::/0' } as const
    const pools = [parsePool('2001:db8:1::/48:64')]
    expect(only(planSubnets({}, [request], pools, { project: 'shop', leases })).subnet).toBe(
      '2001:db8:1::/64',
    )
  })
})

// V6 (docker/docker at f12f51b8b9^, daemon/networkdriver/network_test.go, 2015). NetworkOverlaps and NetworkRange
// are rows of the prefix's own test.
describe('V6: a bridge is elected as in 2015', () => {
  // CheckNameserverOverlaps: whether the subnet contains a nameserver.
  test.each<[readonly string[], string, readonly string[]]>([
    [['127.0.0.1'], '192.168.0.1/24', []],
    [['192.168.0.1'], '192.168.0.1/24', ['192.168.0.1/32']],
    [['10.0.2.3', '192.168.102.1'], '10.0.2.3/32', ['10.0.2.3/32']],
    [['10.0.2.3', '192.168.102.1'], '192.168.102.2/32', []],
  ])('nameservers %j and %s have in common: %j', (nameservers, subnet, expected) => {
    const { overlaps } = planOne({ nameservers }, { subnet })
    expect(overlaps.map((one) => one.overlaps)).toEqual(expected)
  })

  // CheckRouteOverlaps
  test.each<[string, readonly string[]]>([
    // None in 2015. It holds EC2's resolver, which is told of on every host: better than to find out in the cloud.
    ['172.16.0.1/24', ['172.16.0.23/32']],
    ['172.16.1.1/24', []],
    ['10.0.2.0/24', ['10.0.2.0/32']],
  ])('five routes and %s have in common: %j', (subnet, expected) => {
    const facts = routes('10.0.2.0/32', '10.0.3.0/24', '10.0.42.0/24', '172.16.42.0/24', '192.168.142.0/24')
    const { overlaps } = planOne(facts, { subnet })
    expect(overlaps.map((one) => one.overlaps)).toEqual(expected)
  })

  test.each<[string, HostFacts, string]>([
    ['nothing on the host', {}, '172.17.42.1'],
    ['a route to 172.17.0.0/16', routes('172.17.0.0/16'), '10.0.42.1'],
    ['routes to 172.17.0.0/16 and 10.0.0.0/8', routes('172.17.0.0/16', '10.0.0.0/8'), '172.16.42.1'],
    [
      '... and the resolver of EC2',
      { ...routes('172.17.0.0/16', '10.0.0.0/8'), nameservers: ['172.16.0.23'] },
      '172.16.42.1',
    ],
    ['a default route', { routes: [{ destination: 'default', gateway: '192.0.2.1' }] }, '172.17.42.1'],
    // Better than 2015: both halves of OpenVPN's default made every candidate fail (moby #42598).
    ['both halves of a default route', routes('0.0.0.0/1', '128.0.0.0/1'), '172.17.42.1'],
    [
      'a route into 10.0.0.0/16 only',
      routes('172.17.0.0/16', '10.0.5.0/24', '10.1.0.0/16', '10.42.0.0/16', '172.16.0.0/12'),
      '10.0.42.1',
    ],
  ])('with %s', (_, facts, gateway) => {
    expect(planOne(facts).gateway).toBe(gateway)
  })

  test('with every candidate in use: an error, which says what to do', () => {
    const all = routes('172.16.0.0/12', '10.0.0.0/8', '192.168.0.0/16')
    expect(() => planOne(all)).toThrow(PoolExhaustedError)
    expect(() => planOne(all)).toThrow(/No subnet is free for network web in pool classic/)
  })

  // The variant of 2023 (moby at f6b50d52d4^, netutils TestNetworkRequest).
  test('with an interface that has 172.17.42.1/16, Docker’s pool gives 172.18.0.0/16', () => {
    const facts = { interfaces: [{ name: 'test', up: true, addresses: ['172.17.42.1/16'] }] }
    expect(planOne(facts, {}, dockerPool).subnet).toBe('172.18.0.0/16')
  })
})

// V7 (moby, netutils/utils_linux_test.go). The lines of resolv.conf are rows of the reader's test in the host package.
describe('V7: what a host’s routes and nameservers reserve', () => {
  const overlaps = (facts: HostFacts, request: Partial<SubnetRequest>): readonly string[] =>
    planOne(facts, request).overlaps.map((one) => one.overlaps)

  test.each<[string, string, string, 'ip' | 'ip6', string]>([
    ['on-link', '100.0.0.0/24', 'link', 'ip', '100.0.0.0/24'],
    ['on-link', '10.0.0.0/8', 'link', 'ip', '10.0.0.0/8'],
    // Docker ignores these two. So its subnets collide with a VPN's routes, and with all IPv6 routes.
    ['through a gateway', '20.0.0.0/8', 'universe', 'ip', '20.0.0.0/8'],
    ['of IPv6', 'fd00:5::/64', 'link', 'ip6', 'fd00:5::/64'],
  ])('a route %s to %s, scope %s', (_, destination, scope, family, subnet) => {
    const facts = { routes: [{ destination, scope, interface: 'eth0' }] }
    expect(overlaps(facts, { family, subnet })).toEqual([destination])
  })

  test('a nameserver of IPv6, its zone left out', () => {
    const facts = { nameservers: ['fd6f:c490:ec68::1%eth0', 'fe80::1234%eth0'] }
    expect(overlaps(facts, { family: 'ip6', subnet: 'fd6f:c490:ec68::/64' })).toEqual([
      'fd6f:c490:ec68::1/128',
    ])
  })
})
