import { describe, expect, test } from '@jest/globals'
import { commandWordingAs, type HostFacts } from '@portolan/netfilter'
import { type ClusterNeighbours, diffLinks, withNeighbours } from '../../src/index.ts'
import { withoutLeavingRoutes } from '../../src/route/without-leaving-routes.ts'
import { desired, facts, neighbours, network, route } from './cluster-neighbours.ts'

describe('routes to the blocks of other hosts', () => {
  describe('beside a foreign route to the same block', () => {
    const own = { destination: '10.64.2.0/24', gateway: '192.0.2.12', interface: 'eth0', table: 254 }
    const [ours, theirs] = [
      { ...own, protocol: 'portolan' },
      { ...own, gateway: '192.0.2.1' },
    ]
    const own6 = { destination: 'fd64:2::/64', gateway: '2001:db8::12', interface: 'eth0', table: 254 }
    const [ours6, theirs6] = [
      { ...own6, metric: 1024, protocol: 'portolan' },
      { ...own6, metric: 1024, gateway: '2001:db8::1' },
    ]
    const six: ClusterNeighbours = {
      ...neighbours(),
      blocks: ['fd64:1::/64'],
      others: [{ block: 'fd64:2::/64', host: 'h2', via: '2001:db8::12' }],
    }
    const wire = { name: 'eth0', up: true, addresses: ['192.0.2.11/24', '2001:db8::11/64'] }

    test.each([
      ['with a higher metric', { ...theirs, metric: 100 }],
      ['that was put behind', theirs],
      ['that leads the same way with a higher metric', { ...own, metric: 100 }],
      [
        'that refuses packets with a higher metric',
        { ...own, gateway: null, interface: null, type: 'blackhole', metric: 9 },
      ],
    ])('%s, one of IPv4 stays, and nothing is told', (_, foreign) => {
      const got = withNeighbours(desired(), facts({ routes: [ours, foreign] }), neighbours())
      expect(got).toMatchObject({ desired: { routes: [route] }, conflicts: [] })
    })

    test.each([
      ['it has the key of ours, and came first', [theirs, ours], false, /so that Portolan makes none/],
      [
        'it is the network of an interface, whatever its metric',
        [ours, { ...own, gateway: null, interface: 'eth1', metric: 101 }],
        false,
        /so that Portolan makes none/,
      ],
      ['its packets have a TOS', [{ ...theirs, tos: 16 }, ours], true, /tos 0x10/],
    ])('of IPv4 the conflict says where %s', (_, routes, isMade, message) => {
      const lan = { name: 'eth1', up: true, addresses: ['10.64.2.9/24'] }
      const around = facts({ interfaces: [wire, lan], routes })
      const got = withNeighbours(desired(), around, neighbours())
      expect(got.conflicts).toMatchObject([
        { kind: 'BlockRouteTaken', message: expect.stringMatching(message) },
      ])
      expect(got.desired.routes).toEqual(isMade ? [route] : [])
    })

    test.each([
      ['with a higher metric', [ours6, { ...theirs6, metric: 2048 }], true, null],
      ['with a lower metric', [{ ...theirs6, metric: 512 }, ours6], true, /lower metric/],
      ['of ours with a lower metric', [{ ...own6, metric: 512 }, ours6], true, null],
      ['with the same metric, as a second hop', [ours6, theirs6], true, /share/],
      ['with the same metric, ahead', [theirs6], false, /so that Portolan makes none/],
      ['without a metric', [{ ...theirs6, metric: undefined }], false, /so that Portolan makes none/],
      [
        'as a second hop of one that has to move',
        [{ ...ours6, gateway: '2001:db8::13' }, theirs6],
        false,
        /makes none/,
      ],
      [
        'of an interface, whose network it is',
        [{ ...own6, gateway: null, interface: 'eth1', metric: 256 }],
        true,
        /lower metric/,
      ],
    ])('of IPv6, one %s', (_, routes, isMade, message) => {
      const known = routes.map(({ metric, ...one }) => (metric === undefined ? one : { ...one, metric }))
      const got = withNeighbours(desired(), facts({ interfaces: [wire], routes: known }), six)
      expect(got.desired.routes).toHaveLength(isMade ? 1 : 0)
      expect(got.conflicts.map(({ message: text }) => text)).toEqual(
        message === null ? [] : [expect.stringMatching(message)],
      )
    })

    test('the way out names the metric, so that it deletes no other route', () => {
      const routes = [{ ...theirs6, metric: 512 }, ours6]
      const [conflict] = withNeighbours(desired(), facts({ interfaces: [wire], routes }), six).conflicts
      expect(conflict?.remedy.commands).toEqual([
        'ip route del fd64:2::/64 via 2001:db8::1 dev eth0 metric 512',
      ])
    })
  })

  describe('beside the network of a bridge in such a block', () => {
    const around = (alias: string | null): HostFacts => ({
      interfaces: [
        { name: 'eth0', up: true, addresses: ['192.0.2.11/24'] },
        { name: 'br-web', addresses: ['10.64.2.1/24'], ...(alias === null ? {} : { alias }) },
      ],
      routes: [
        { destination: '10.64.2.1/32', interface: 'br-web', table: 255, type: 'local', scope: 'host' },
        { destination: '10.64.2.0/24', interface: 'br-web', table: 254, scope: 'link' },
      ],
      rules: [{ priority: 0, table: 255 }],
    })
    const staying = network({
      ip: { subnet: '10.64.2.0/24', gateway: '10.64.2.1', mode: 'nat', masquerade: true },
    })

    test('of the project itself: the network has to move, which is told of its subnet', () => {
      const got = withNeighbours(desired(staying), around('portolan project=shop network=web'), neighbours())
      expect(got).toMatchObject({ desired: { routes: [] }, conflicts: [] })
    })

    test.each(['ip', 'ip6'] as const)('of an interface that came behind ours in %s, ours goes', (family) => {
      const isFour = family === 'ip'
      const block = isFour ? '10.64.2.0/24' : 'fd64:2::/64'
      const address = isFour ? '10.64.2.1' : 'fd64:2::1'
      const via = isFour ? '192.0.2.12' : '2001:db8::12'
      const host = facts({
        interfaces: [
          { name: 'eth0', up: true, addresses: ['192.0.2.11/24', '2001:db8::11/64'] },
          { name: 'lan0', up: true, addresses: [`${address}/${isFour ? 24 : 64}`] },
        ],
        routes: [
          { destination: block, gateway: via, interface: 'eth0', table: 254, protocol: 'portolan' },
          {
            destination: block,
            interface: 'lan0',
            table: 254,
            scope: 'link',
            ...(isFour ? {} : { metric: 256 }),
          },
          { destination: `${address}/${isFour ? 32 : 128}`, interface: 'lan0', table: 255, type: 'local' },
        ],
        rules: [{ priority: 0, table: 255 }],
      })
      const among = {
        ...{ ...neighbours(), blocks: ['10.64.1.0/24', 'fd64:1::/64'] },
        others: [{ block, host: 'h2', via }],
      }
      const { desired: got, conflicts } = withNeighbours(desired(), host, among)
      expect(diffLinks(got, host)).toMatchObject([{ action: 'remove', object: `route ${block}` }])
      expect(conflicts).toMatchObject([
        {
          prefix: block,
          remedy: { text: expect.stringMatching(/^It is the network of lan0: /), commands: [] },
        },
      ])
    })

    const peered = [
      ['an address outside the block', '172.31.0.1', '10.64.2.0/24', false],
      ['an address inside the block', '10.64.2.9', '10.64.2.7/24', false],
      ['a part of the block', '172.31.0.1', '10.64.2.128/25', true],
      ['one address of the block', '10.64.2.9', '10.64.2.8/32', true],
      ['an address outside the block, of IPv6', 'fd00:9::1', 'fd64:2::/64', false],
    ] as const
    test.each(peered)(
      'that is the peer of %s: the address has to go, and no route',
      (_, address, peer, isMade) => {
        const isFour = !peer.includes(':')
        const [net = '', length = ''] = peer.replace('.7/', '.0/').split('/')
        const width = isFour ? 32 : 128
        const own = { interface: 'ptp0', table: 255, scope: 'host' }
        const host = facts({
          interfaces: [
            { name: 'eth0', up: true, addresses: ['192.0.2.11/24', '2001:db8::11/64'] },
            { name: 'ptp0', up: true, addresses: [`${address}/${width}`], peers: [{ address, peer }] },
          ],
          routes: [
            { destination: `${net}/${length}`, interface: 'ptp0', table: 254, scope: 'link' },
            { ...own, destination: `${address}/${width}`, type: 'local' },
            ...(isFour ? [{ ...own, destination: '10.64.2.255/32', type: 'broadcast' }] : []),
          ],
          rules: [{ priority: 0, table: 255 }],
        })
        const block = isFour ? '10.64.2.0/24' : 'fd64:2::/64'
        const via = isFour ? '192.0.2.12' : '2001:db8::12'
        const among = {
          ...{ ...neighbours(), blocks: ['10.64.1.0/24', 'fd64:1::/64'] },
          others: [{ block, host: 'h2', via }],
        }
        const { desired: got, conflicts } = withNeighbours(desired(), host, among)
        expect(got.routes).toHaveLength(isMade ? 1 : 0)
        expect(conflicts.map(({ prefix, remedy }) => [prefix, remedy])).toEqual([
          [
            block,
            {
              text: expect.stringContaining(
                `It comes with address ${address} of ptp0, which has ${peer} as its peer.`,
              ),
              commands: [`ip address del ${address} peer ${peer} dev ptp0`],
            },
          ],
        ])
      },
    )

    test('that is inside the peer of an address, and made by itself: the route has to go', () => {
      const route = { destination: '10.64.2.128/25', interface: 'ptp0', table: 254, scope: 'link' }
      const peers = [{ address: '172.31.0.1', peer: '10.64.0.0/16' }]
      const links = [
        { name: 'eth0', up: true, addresses: ['192.0.2.11/24'] },
        { name: 'ptp0', up: true, addresses: ['172.31.0.1/32'], peers },
      ]
      const { conflicts } = withNeighbours(
        desired(),
        facts({ interfaces: links, routes: [route] }),
        neighbours(),
      )
      expect(conflicts.map(({ remedy }) => remedy.commands)).toEqual([
        ['ip route del 10.64.2.128/25 dev ptp0'],
      ])
    })

    test.each([
      ['is renumbered', [network()]],
      ['goes', []],
    ])('are there once it %s', (_, networks) => {
      const wanted = desired(...networks)
      const known = withoutLeavingRoutes(wanted, around('portolan project=shop network=web'))
      expect(withNeighbours(wanted, known, neighbours())).toMatchObject({
        desired: { routes: [route] },
        conflicts: [],
      })
      const kept = around('portolan project=blog network=web')
      expect(withoutLeavingRoutes(wanted, kept)).toEqual(kept)
    })

    test.each([
      [
        'another project',
        'portolan project=blog network=web',
        /another subnet: `portolan move -f FILE web` with the Compose file of project blog, or `portolan move -p blog web` where/,
      ],
      ['another program', null, /network of br-web.*pools of the cluster/],
    ])('of %s: its connected route is not to be removed', (_, alias, way) => {
      const { conflicts } = withNeighbours(desired(), around(alias), neighbours())
      expect(conflicts).toMatchObject([
        { kind: 'BlockRouteTaken', remedy: { text: expect.stringMatching(way), commands: [] } },
      ])
    })

    test('of another project: the command that moves it has what every project of the host needs', () => {
      const written = commandWordingAs((command) => command.replace('move', 'move --state /s'))
      const blog = around('portolan project=blog network=-x')
      expect(withNeighbours(desired(), blog, neighbours(), written).conflicts[0]?.remedy.text).toContain(
        '`portolan move --state /s -f FILE -- -x` with the Compose file of project blog, or `portolan move --state /s -p blog -- -x`',
      )
    })
  })
})
