import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { bridgeAlias } from '../../src/contract/index.ts'
import { classicPool, parsePool, planSubnets, type SubnetPlan } from '../../src/pool/index.ts'
import { only, planOne, web } from './plan-one.ts'

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
