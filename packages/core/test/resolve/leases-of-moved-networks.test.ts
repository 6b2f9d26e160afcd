import { describe, expect, test } from '@jest/globals'
import { bridgeAlias, emptyLeases, endpointAlias, listLeases, type Resolution, resolve } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { addresses, compose, onWeb, settle, subnets } from './settle.ts'

describe('a network that collides with the host', () => {
  const intent = compose(onWeb('a'))
  const vpn: HostFacts = { routes: [{ destination: '172.16.0.0/12', interface: 'wg0', table: 51820 }] }

  test('stays where it is, and the conflict names the way out', () => {
    const { leases } = settle(emptyLeases, intent)
    const { answer } = settle(leases, intent, vpn)
    expect(subnets(answer)).toEqual(['web 172.17.0.0/16 held'])
    expect(answer.conflicts).toMatchObject([
      { kind: 'SubnetOverlap', severity: 'error', remedy: { commands: ['portolan move web'] } },
    ])
  })

  test('is renumbered by a move, and stays there', () => {
    const { leases } = settle(emptyLeases, intent)
    const moved = settle(leases, intent, vpn, { move: ['web'] })
    expect([subnets(moved.answer), addresses(moved.answer), moved.answer.conflicts]).toEqual([
      ['web 10.0.0.0/16 picked'],
      { a: '10.0.0.1' },
      [],
    ])
    expect(subnets(settle(moved.leases, intent).answer)).toEqual(['web 10.0.0.0/16 held'])
    expect(listLeases(moved.leases)).toHaveLength(2)
  })

  test('keeps the subnet and the addresses of the family that collides with nothing, and needs no room for it', () => {
    const dual = compose(onWeb('a'), 'web: {enable_ipv6: true}')
    const blocks = {
      ...{ cluster: 'prod', pools: ['10.64.0.0/20:24', 'fd00:64::/56:64'], lost: [], join: 'join' },
      blocks: ['10.64.12.0/24', 'fd00:64:0:6c::/64'],
    }
    const before = settle(emptyLeases, dual, {}, { blocks })
    expect(subnets(before.answer)).toEqual(['web 10.64.12.0/24 picked', 'web fd00:64:0:6c::/64 picked'])
    const lost = {
      ...blocks,
      blocks: ['10.64.3.0/24', 'fd00:64:0:6c::/64'],
      lost: [{ block: '10.64.12.0/24', takenBy: 'web-2' }],
    }
    const moved = settle(before.leases, dual, {}, { blocks: lost, move: ['web'] })
    expect(subnets(moved.answer)).toEqual(['web 10.64.3.0/24 picked', 'web fd00:64:0:6c::/64 held'])
    const ip6 = ({ desired }: Resolution): readonly unknown[] => desired.endpoints.map((one) => one.ip6)
    expect(ip6(moved.answer)).toEqual(ip6(before.answer))
    expect(moved.answer.conflicts).toEqual([])
    // Without a collision the whole network moves.
    const room = { ...lost, blocks: [...lost.blocks, '10.64.4.0/24', 'fd00:64:0:6d::/64'] }
    const again = settle(moved.leases, dual, {}, { blocks: room, move: ['web'] })
    expect(subnets(again.answer)).toEqual(['web 10.64.4.0/24 picked', 'web fd00:64:0:6d::/64 picked'])
  })

  test('gets another subnet than its bridge has, leased or not', () => {
    const bridge: HostFacts = {
      interfaces: [
        {
          name: 'br-web',
          alias: bridgeAlias({ project: 'shop', network: 'web' }),
          addresses: ['172.17.42.1/16'],
        },
      ],
    }
    expect(subnets(resolve(intent, bridge))).toEqual(['web 172.17.0.0/16 held'])
    expect(subnets(resolve(intent, bridge, { move: ['web'] }))).toEqual(['web 10.0.0.0/16 picked'])
  })

  test('finishes a move that was killed after the lease and before the bridge', () => {
    const bridge: HostFacts = {
      interfaces: [
        {
          name: 'br-web',
          alias: bridgeAlias({ project: 'shop', network: 'web' }),
          addresses: ['172.17.42.1/16'],
        },
      ],
    }
    const first = settle(emptyLeases, intent, bridge)
    const killed = settle(first.leases, intent, bridge, { move: ['web'] })
    expect(subnets(settle(killed.leases, intent, bridge).answer)).toEqual(['web 10.0.0.0/16 held'])
  })

  test('keeps what its bridge has when a lease of another time says otherwise', () => {
    const { leases } = settle(emptyLeases, intent)
    const bridge: HostFacts = {
      interfaces: [
        {
          name: 'br-web',
          alias: bridgeAlias({ project: 'shop', network: 'web' }),
          addresses: ['10.7.0.1/24'],
        },
      ],
    }
    const { answer, leases: after } = settle(leases, intent, bridge)
    expect([subnets(answer), addresses(answer)]).toEqual([['web 10.7.0.0/24 held'], { a: '10.7.0.2' }])
    expect(listLeases(after)).toHaveLength(2)
  })

  test.each([
    ['nowhere', 'web: {}', 'There is no network nowhere in project shop'],
    ['web', 'web: {ipam: {config: [{subnet: 10.0.0.0/24}]}}', 'has its subnet from the file'],
  ])('cannot be moved when it is %s with %s', (name, networks, text) => {
    expect(() => resolve(compose(onWeb('a'), networks), {}, { move: [name] })).toThrow(text)
  })
})

describe('an external network', () => {
  test('has one set of addresses, whichever project gives them out', () => {
    const facts: HostFacts = {
      interfaces: [
        {
          name: 'br-web',
          alias: bridgeAlias({ project: 'shop', network: 'web' }),
          addresses: ['172.17.42.1/16'],
        },
      ],
    }
    const shop = settle(emptyLeases, compose(onWeb('a', 'b')), facts)
    const guest = compose(onWeb('oven'), 'web: {external: true, name: shop_web}', 'bakery')
    const bakery = settle(shop.leases, guest, facts)
    expect(addresses(bakery.answer)).toEqual({ oven: '172.17.0.3' })
    expect(addresses(settle(bakery.leases, compose(onWeb('a', 'b', 'c')), facts).answer)).toEqual({
      a: '172.17.0.1',
      b: '172.17.0.2',
      c: '172.17.0.4',
    })
  })
})

describe('an endpoint with an interface', () => {
  const small = 'web: {ipam: {config: [{subnet: 10.1.0.0/29}]}}'
  const attached = (...names: readonly string[]): HostFacts => ({
    interfaces: names.map((endpoint) => ({
      name: `ve-${endpoint}`,
      alias: endpointAlias({ project: 'shop', network: 'web', endpoint }),
    })),
  })

  test('gives its address to no other endpoint, though the file no longer has it, until it is detached', () => {
    const { leases } = settle(emptyLeases, compose(onWeb('a', 'b'), small))
    const without = settle(leases, compose(onWeb('a'), small), attached('a', 'b'))
    const filled = compose(onWeb('a', 'c', 'd', 'e', 'f'), small)
    expect(() => settle(without.leases, filled, attached('a', 'b'))).toThrow(/No address is left for f/)
    expect(addresses(settle(without.leases, filled, attached('a')).answer)).toMatchObject({ f: '10.1.0.3' })
  })

  test('keeps the address that the file took from it, and can have it back', () => {
    const fixed = (name: string, ip: string): string =>
      `  ${name}: {networks: {web: {ipv4_address: ${ip}}}}\n`
    const { leases } = settle(emptyLeases, compose(fixed('a', '10.1.0.2'), small))
    const moved = settle(leases, compose(fixed('a', '10.1.0.5'), small), attached('a'))
    const taker = compose(fixed('a', '10.1.0.5') + fixed('b', '10.1.0.2'), small)
    expect(() => settle(moved.leases, taker, attached('a'))).toThrow(
      /^compose\.yaml:\d+:\d+: 10\.1\.0\.2 of network web is on the interface of a, .* Detach it first \(portolan detach a\)/,
    )
    expect(addresses(settle(moved.leases, taker).answer)).toEqual({ a: '10.1.0.5', b: '10.1.0.2' })
    const back = settle(moved.leases, compose(fixed('a', '10.1.0.2'), small), attached('a'))
    expect(addresses(back.answer)).toEqual({ a: '10.1.0.2' })
  })

  test('keeps an address that the file gives to another endpoint in the same plan', () => {
    const { leases } = settle(emptyLeases, compose(onWeb('a'), small))
    const taker = compose(`${onWeb('a')}  b: {networks: {web: {ipv4_address: 10.1.0.2}}}\n`, small)
    expect(() => settle(leases, taker, attached('a'))).toThrow(/10\.1\.0\.2 .* is on the interface of a/)
    expect(addresses(settle(leases, taker).answer)).toMatchObject({ b: '10.1.0.2' })
  })
})
