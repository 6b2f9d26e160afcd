import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import {
  PortolanError,
  parseInterfaceAddress,
  parsePrefix,
  prefixAround,
  prefixesOverlap,
} from '@portolan/netfilter'
import {
  commitLeases,
  emptyLeases,
  type LeaseState,
  leasedSubnets,
  listLeases,
  releaseLease,
  resolve,
  subnetLeases,
} from '../../src/index.ts'
import {
  classicPool,
  type Pool,
  parsePool,
  planSubnets,
  type SubnetPlan,
  type SubnetPlanOptions,
  type SubnetRequest,
} from '../../src/pool/index.ts'
import { intent, networkIntent, subnetIntent } from '../resolve/intent.ts'

const planOne = (
  facts: HostFacts,
  pools: readonly Pool[],
  request: Partial<SubnetRequest> = {},
  options: SubnetPlanOptions = {},
): SubnetPlan => {
  const [plan] = planSubnets(facts, [{ network: 'web', family: 'ip', ...request }], pools, options)
  if (plan === undefined) throw new Error('no plan')
  return plan
}

const codeOf = (run: () => unknown): string => {
  try {
    run()
    return 'no error'
  } catch (error) {
    return error instanceof PortolanError ? error.code : String(error)
  }
}

// D4 (socketplane, daemon/bridge.go): the candidates of the first Docker bridges in another order of preference.
describe('D4: the candidates of socketplane', () => {
  const candidates = [
    '10.1.42.1/16',
    '10.42.42.1/16',
    '172.16.42.1/24',
    '172.16.43.1/24',
    '172.16.44.1/24',
    '10.0.42.1/24',
    '10.0.43.1/24',
    '172.17.42.1/16',
    '10.0.42.1/16',
    '192.168.42.1/24',
    '192.168.43.1/24',
    '192.168.44.1/24',
  ]
  const socketplane: Pool = {
    name: 'socketplane',
    entries: candidates.map((text) => {
      const { address, length } = parseInterfaceAddress(text)
      return { prefix: prefixAround(address, length), size: length, gateway: address }
    }),
  }
  const elected = (routes: readonly string[], nameservers: readonly string[] = []): string => {
    const facts = { routes: routes.map((destination) => ({ destination })), nameservers }
    const { gateway, subnet } = planOne(facts, [socketplane])
    return `${gateway}${subnet.slice(subnet.indexOf('/'))}`
  }

  test('are those of our classic pool, so none is new', () => {
    const written = (pool: Pool): readonly string[] =>
      pool.entries.map(({ gateway, size }) => `${gateway?.value}/${size}`).sort()
    expect(written(socketplane)).toEqual(written(classicPool))
  })

  test.each<[string, readonly string[]]>([
    ['10.1.42.1/16', []],
    ['10.42.42.1/16', ['10.1.0.0/16']],
    ['172.16.42.1/24', ['10.0.0.0/8']],
    ['172.16.43.1/24', ['10.0.0.0/8', '172.16.42.0/24']],
    ['172.16.44.1/24', ['10.0.0.0/8', '172.16.42.0/23']],
    ['10.0.42.1/24', ['10.1.0.0/16', '10.42.0.0/16', '172.16.0.0/12']],
    ['10.0.43.1/24', ['10.1.0.0/16', '10.42.0.0/16', '172.16.0.0/12', '10.0.42.0/24']],
    ['172.17.42.1/16', ['10.0.0.0/8', '172.16.0.0/16']],
    ['192.168.42.1/24', ['10.0.0.0/8', '172.16.0.0/12']],
    ['192.168.43.1/24', ['10.0.0.0/8', '172.16.0.0/12', '192.168.42.0/24']],
    ['192.168.44.1/24', ['10.0.0.0/8', '172.16.0.0/12', '192.168.42.0/23']],
  ])('%s is elected with routes %j', (expected, routes) => {
    expect(elected(routes)).toBe(expected)
  })

  test('10.0.42.1/16 never is: a /24 in it comes first, and what is in the way of that is in its way too', () => {
    const before = ['10.1.0.0/16', '10.42.0.0/16', '172.16.0.0/12', '192.168.0.0/16']
    expect(codeOf(() => elected([...before, '10.0.42.0/24', '10.0.43.0/24']))).toBe('POOL_EXHAUSTED')
  })

  // socketplane defines ErrNetworkOverlapsWithNameservers and never returns it.
  test('are passed over for a nameserver too', () => {
    expect(elected([], ['10.1.0.2'])).toBe('10.42.42.1/16')
  })
})

// D5 (flannel, pkg/subnet/etcd/subnet_test.go and config_test.go): 10.3.0.0/16 from 10.3.1.0 to 10.3.25.0, in /24s.
describe('D5: subnets as flannel leases them', () => {
  const pools = [parsePool('10.3.0.0/16:24')]
  /** SubnetMin and SubnetMax: what is before and after is reserved. */
  const outside = [
    '10.3.0.0/24',
    '10.3.26.0/23',
    '10.3.28.0/22',
    '10.3.32.0/19',
    '10.3.64.0/18',
    '10.3.128.0/17',
  ]
  const leased = [1, 2, 4, 5].map((third) => ({
    project: 'others',
    network: `n${third}`,
    subnet: `10.3.${third}.0/24`,
  }))
  const acquire = (
    request: Partial<SubnetRequest> = {},
    more: SubnetPlanOptions['leases'] = [],
  ): SubnetPlan =>
    planOne({}, pools, request, { project: 'shop', reserve: outside, leases: [...leased, ...more] })

  // flannel draws one of the first hundred that are free, so that hosts seldom race; here the first, so that the
  // same facts give the same answer, and a race is lost without harm (below).
  test('a new one is in the range and not leased', () => {
    expect(acquire().subnet).toBe('10.3.3.0/24')
  })

  test('all of the range can be had, and then no more', () => {
    const requests = Array.from({ length: 21 }, (_, at) => ({ network: `w${at}`, family: 'ip' as const }))
    const options = { project: 'shop', reserve: outside, leases: leased }
    const given = planSubnets({}, requests, pools, options).map(({ subnet }) => subnet)
    expect(given[0]).toBe('10.3.3.0/24')
    expect(given.at(-1)).toBe('10.3.25.0/24')
    expect(new Set([...given, ...leased.map(({ subnet }) => subnet)]).size).toBe(25)
    const more = [...requests, { network: 'more', family: 'ip' as const }]
    expect(codeOf(() => planSubnets({}, more, pools, options))).toBe('POOL_EXHAUSTED')
  })

  test('a request made again gets the same', () => {
    const { subnet } = acquire()
    const own = [{ project: 'shop', network: 'web', subnet }]
    expect(acquire({}, own)).toMatchObject({ subnet, origin: 'held' })
  })

  test('a previous one that is free is had again', () => {
    expect(acquire({ held: '10.3.6.0/24' }).subnet).toBe('10.3.6.0/24')
  })

  // flannel gives another one when the previous one lies outside of the network it is configured with. Here nothing
  // moves by itself: containers live in it. It stays, is of no pool, and `portolan move` renumbers it.
  test('a previous one outside of the range stays until it is moved', () => {
    expect(acquire({ held: '10.4.1.0/24' })).toMatchObject({ subnet: '10.4.1.0/24', pool: null })
    const own = [{ project: 'shop', network: 'web', subnet: '10.4.1.0/24' }]
    expect(acquire({ renumber: true }, own).subnet).toBe('10.3.3.0/24')
  })

  // config_test.go: SubnetMin defaults to the second subnet, 10.3.1.0, and SubnetMax to the last, 10.3.255.0. We
  // have no reason to leave the first one out.
  test('without bounds the first is 10.3.0.0/24 and the last 10.3.255.0/24', () => {
    const requests = Array.from({ length: 256 }, (_, at) => ({ network: `w${at}`, family: 'ip' as const }))
    const given = planSubnets({}, requests, pools).map(({ subnet }) => subnet)
    expect([given[0], given[1], given.at(-1)]).toEqual(['10.3.0.0/24', '10.3.1.0/24', '10.3.255.0/24'])
  })
})

// D6 (neutron, tests/unit/ipam/test_subnet_alloc.py).
describe('D6: subnets as neutron allocates them', () => {
  const pools = (...prefixes: readonly string[]): readonly Pool[] =>
    prefixes.map((prefix) => parsePool(`${prefix}:${prefix.slice(prefix.indexOf('/') + 1)}`))

  test('any /21 of 10.1.0.0/16 and 192.168.1.0/24 is one inside', () => {
    const { subnet } = planOne({}, pools('10.1.0.0/16', '192.168.1.0/24'), { size: 21 })
    expect(subnet).toBe('10.1.0.0/21')
  })

  test('10.1.2.0/24 by name is exactly that', () => {
    expect(planOne({}, pools('10.1.0.0/16', '192.168.1.0/24'), { subnet: '10.1.2.0/24' })).toMatchObject({
      subnet: '10.1.2.0/24',
      origin: 'fixed',
    })
  })

  test('any /21 of two /24s is an error', () => {
    expect(codeOf(() => planOne({}, pools('10.1.1.0/24', '192.168.1.0/24'), { size: 21 }))).toBe(
      'INVALID_REQUEST',
    )
  })

  // neutron refuses it: a tenant may use the pool alone. Here the pool serves networks for which the user names no
  // subnet, and a subnet that the user names need not be in it.
  test('10.1.0.0/21 by name beside a pool of 10.1.0.0/24 is given, and is of no pool', () => {
    expect(planOne({}, pools('10.1.0.0/24'), { subnet: '10.1.0.0/21' })).toMatchObject({
      subnet: '10.1.0.0/21',
      pool: null,
    })
  })

  test('the gateway is the network’s first address, or the one that is named, or none', () => {
    expect(planOne({}, pools('10.1.0.0/16'), { size: 24 }).gateway).toBe('10.1.0.1')
    expect(planOne({}, pools('10.1.0.0/16'), { size: 24, gateway: '10.1.0.254' }).gateway).toBe('10.1.0.254')
    const isolated = networkIntent({ internal: true, ip: subnetIntent({ mode: 'isolated' }) })
    const { desired } = resolve(
      intent({ networks: [isolated], endpoints: [] }),
      {},
      { pools: pools('10.1.0.0/16') },
    )
    expect(desired.networks[0]?.ip).toMatchObject({ subnet: '10.1.0.0/16', gateway: null })
  })

  // neutron takes from the smallest free block that is large enough, so that large ones stay whole. Here the order of
  // the pools decides, lowest address first. So the answer can be told beforehand, and a user can write a pool for
  // small subnets first.
  test('the first pool is used though a smaller one would do', () => {
    const given = planOne({}, pools('10.1.0.0/16', '192.168.1.0/24'), { size: 25 })
    expect(given.subnet).toBe('10.1.0.0/25')
    expect(planOne({}, pools('192.168.1.0/24', '10.1.0.0/16'), { size: 25 }).subnet).toBe('192.168.1.0/25')
  })
})

// D5: etcd says EtcdNodeExist and flannel tries again; D6: neutron compares and swaps a hash of the pool.
describe('D5 and D6: two that allocate at once', () => {
  const plan = (project: string, leases: LeaseState) =>
    resolve(
      { ...intent({ networks: [networkIntent()], endpoints: [] }), project },
      {},
      { leases, pools: [parsePool('10.3.0.0/16:24')] },
    ).leases

  test('from one state want the same; the second is refused, and finds another when it plans again', () => {
    const first = plan('shop', emptyLeases)
    const second = plan('blog', emptyLeases)
    const { state } = commitLeases(emptyLeases, first)
    expect(codeOf(() => commitLeases(state, second))).toBe('STALE_STATE')
    const after = commitLeases(state, plan('blog', state)).state
    const subnets = leasedSubnets(after).map(({ subnet }) => subnet)
    expect(subnets.sort()).toEqual(['10.3.0.0/24', '10.3.1.0/24'])
    const [a, b] = subnets.map((subnet) => parsePrefix(subnet))
    expect(a !== undefined && b !== undefined && prefixesOverlap(a, b)).toBe(false)
  })

  test('what one releases the other may have', () => {
    const { state } = commitLeases(emptyLeases, plan('shop', emptyLeases))
    const released = releaseLease(state, 'subnet/shop/web/ip').state
    expect(listLeases(released)).toEqual([])
    expect(
      subnetLeases(commitLeases(released, plan('blog', released)).state).map(({ subnet }) => subnet),
    ).toEqual(['10.3.0.1/24'])
  })
})
