import { describe, expect, test } from '@jest/globals'
import { type HostFacts, InvalidRequestError } from '@portolan/netfilter'
import {
  classicPool,
  parsePool,
  planSubnets,
  type SubnetPlan,
  type SubnetRequest,
} from '../../src/pool/index.ts'
import { names, planOne, route, web } from './plan-one.ts'

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
