import { describe, expect, test } from '@jest/globals'
import type { HostFacts, RouteFact } from '@portolan/netfilter'
import { backends } from '../arbitrary/backend.ts'
import { dualStackHost, dualStackNetwork } from './dual-stack.ts'
import { expectTrue } from './expect-true.ts'
import { look, type Seen } from './look.ts'
import { destination, destination6, drop, type NftRule, type NftTable, tableOf, tcpTo } from './nft-rules.ts'
import { mangle } from './saved.ts'

const local = (prefix: string, name = 'lo'): RouteFact => ({
  destination: prefix,
  interface: name,
  table: 255,
  type: 'local',
  scope: 'host',
})

/** A host with a virtual address on lo, and with prefixes that are its own by local routes. */
const facts: HostFacts = {
  ...dualStackHost,
  interfaces: dualStackHost.interfaces.map((link) =>
    link.name === 'lo'
      ? { ...link, addresses: [...link.addresses, '198.18.0.1/32', '2001:db8:53::1/128'] }
      : link,
  ),
  routes: [
    ...dualStackHost.routes,
    ...['127.0.0.0/8', '198.18.0.1/32', '198.18.5.0/24', '::1/128', '2001:db8:53::1/128'].map((one) =>
      local(one),
    ),
    local('2001:db8:54::/64'),
    local('192.0.2.10/32', 'eth0'),
    local('2001:db8:5::10/128', 'eth0'),
    { destination: '192.0.2.0/24', interface: 'eth0', table: 254, type: 'unicast', scope: 'link' },
    { destination: '2001:db8:5::/64', interface: 'eth0', table: 254, type: 'unicast', scope: 'link' },
  ],
}

const intent = (ports: string): string => `
name: shop
networks:${dualStackNetwork('web', 1)}
services:
  web: {networks: {web: {ipv4_address: 172.30.1.10, ipv6_address: "fd00:30:1::10"}}, ports: ${ports}}
`

const prerouting = (family: 'ip' | 'ip6', rule: NftRule): NftTable =>
  tableOf(family, 'filter', 'prerouting', -300, rule)

describe.each(backends)('the addresses of a host that no wire has, beside %s', (backend) => {
  const seen = (scene: object, ports = '["8080:80"]'): Promise<Seen> =>
    look({ backend, facts, intent: intent(ports), ...scene })

  test.each<[string, object, string]>([
    [
      'on lo',
      { nft: [prerouting('ip', [destination('198.18.0.1'), tcpTo(8080), drop])] },
      '0.0.0.0:8080/tcp',
    ],
    [
      'on lo, of IPv6',
      { nft: [prerouting('ip6', [destination6('2001:db8:53::1'), tcpTo(8080), drop])] },
      '[::]:8080/tcp',
    ],
    [
      'of a local route, one of many',
      { nft: [prerouting('ip', [destination('198.18.5.77'), tcpTo(8080), drop])] },
      '0.0.0.0:8080/tcp',
    ],
    [
      'of a local route of IPv6, one of many',
      { nft: [prerouting('ip6', [destination6('2001:db8:54::77'), tcpTo(8080), drop])] },
      '[::]:8080/tcp',
    ],
  ])('are searched: %s', async (_name, scene, mapping) => {
    const found = await seen(scene)
    expect(found.told).toContain(`error PreroutingDropped ${mapping} by nft mine prerouting 1`)
    expectTrue(found)
  })

  test('are searched in rules of iptables', async () => {
    const found = await seen({
      saved: mangle('-A PREROUTING -d 198.18.5.0/24 -p tcp --dport 8080 -j DROP'),
      saved6: mangle('-A PREROUTING -d 2001:db8:53::1/128 -p tcp --dport 8080 -j DROP'),
    })
    for (const mapping of ['0.0.0.0', '[::]'])
      expect(found.told).toContain(
        `error PreroutingDropped ${mapping}:8080/tcp by iptables-nft mangle PREROUTING 1`,
      )
    expectTrue(found)
  })

  test('are searched in translations', async () => {
    const rule = [destination('198.18.0.1'), tcpTo(8080), { redirect: { port: 22 } }]
    const found = await seen({ nft: [tableOf('ip', 'nat', 'prerouting', -110, rule)] })
    expect(found.told).toContain('error DnatShadowed 0.0.0.0:8080/tcp by nft mine prerouting 1')
    expectTrue(found)
  })

  test('are nothing to tell where no rule is about them, also where mappings share a port', async () => {
    const none = await seen({}, '["8080:80", "198.18.0.1:9090:81", "198.18.5.9:9090:82", "9090:83"]')
    expect(none.told).toEqual([])
  })
})

describe.each(backends)('what a route of the host refuses, beside %s', (backend) => {
  test.each([
    ['198.51.100.0/25', 'blackhole', '198.51.100.7'],
    ['2001:db8:9::/48', 'unreachable', '2001:db8:9::7'],
  ])('is told of networks, as it does not leave: %s', async (prefix, type, destination) => {
    const found = await look({
      backend,
      facts: {
        ...facts,
        routes: [...(facts.routes ?? []), { destination: prefix, interface: 'lo', table: 254, type }],
      },
      intent: intent('["8080:80"]'),
    })
    expect(found.told).toEqual(['warning EgressDropped network web by kernel'])
    expect(found.conflicts[0]?.message).toContain(type)
    expect(found.conflicts[0]?.remedy.text).toBe('Change the route or the setting that is named.')
    expect(found.conflicts[0]?.witness?.destination).toMatch(destination.slice(0, 9))
    expectTrue(found)
  })

  test('is nothing to tell where it is all that no other route is for', async () => {
    const routes = [
      ...(facts.routes ?? []).filter(({ destination }) => destination !== '::/0'),
      { destination: '::/0', interface: 'lo', table: 254, type: 'unreachable', metric: 4_294_967_295 },
    ]
    expect(
      (await look({ backend, facts: { ...facts, routes }, intent: intent('["8080:80"]') })).told,
    ).toEqual([])
  })
})
