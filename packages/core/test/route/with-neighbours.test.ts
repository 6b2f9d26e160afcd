import { describe, expect, test } from '@jest/globals'
import { commandWordingAs, type HostFacts } from '@portolan/netfilter'
import {
  announceNode,
  type ClusterNeighbours,
  claimBlocks,
  type DesiredNetwork,
  type DesiredState,
  diffLinks,
  memoryBlockStore,
  neighboursOf,
  releaseBlocks,
  runBlockSteps,
  setUpCluster,
  withNeighbours,
} from '../../src/index.ts'
import { routesUnknown } from '../../src/route/routes-elsewhere.ts'
import { chosenAnew, withoutStaleRoutes } from '../../src/route/with-neighbours.ts'
import { withoutLeavingRoutes } from '../../src/route/without-leaving-routes.ts'

const network = (more: Partial<DesiredNetwork> = {}): DesiredNetwork => ({
  ...{ name: 'web', bridge: 'br-web', external: false, internal: false, icc: true, mtu: null },
  ip: { subnet: '10.64.1.0/24', gateway: '10.64.1.1', mode: 'nat', masquerade: true },
  ip6: null,
  ...more,
})

const desired = (...networks: readonly DesiredNetwork[]): DesiredState => ({
  ...{ project: 'shop', networks, endpoints: [], mappings: [], guardForwarding: false },
})

const neighbours = (via: string | null = '192.0.2.12'): ClusterNeighbours => ({
  ...{ cluster: 'lab', host: 'h1', revision: 7, blocks: ['10.64.1.0/24'] },
  others: [{ block: '10.64.2.0/24', host: 'h2', via }],
})

const facts = (more: Partial<HostFacts> = {}): HostFacts => ({
  interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.11/24'] }],
  routes: [{ destination: '192.0.2.0/24', interface: 'eth0', table: 254 }],
  ...more,
})

describe('routes of ours to blocks outside the pools of the cluster, which another state directory knows', () => {
  const pools = ['10.64.0.0/16:24', 'fd64::/48:64']
  const known = { ...neighbours(), blocks: ['10.64.1.0/24', 'fd64::/64'], pools }
  const ours = (destination: string, gateway: string) => ({
    ...{ destination, gateway, interface: 'eth0', table: 254, protocol: 'portolan' },
  })
  const others = [ours('10.70.2.0/24', '192.0.2.12'), ours('fd70:2::/64', '2001:db8::12')]
  const stale = ours('10.64.9.0/24', '192.0.2.13')
  const host = facts({ routes: [...others, stale] })
  const removed = (among: ClusterNeighbours, desiredOf = withNeighbours(desired(), host, among).desired) =>
    diffLinks(desiredOf, host).flatMap(({ action, object }) => (action === 'remove' ? [object] : []))

  test('are left and told, and one inside them goes with its block', () => {
    expect(removed(known)).toEqual(['route 10.64.9.0/24'])
    const { notes } = withNeighbours(desired(), host, known)
    expect(notes).toEqual([
      expect.stringMatching(
        /blocks that no pool of cluster lab has or had \(10\.70\.2\.0\/24 via 192\.0\.2\.12, fd70:2::\/64 via 2001:db8::12\).*in one cluster only/,
      ),
    ])
    const again = chosenAnew({ networks: [], endpoints: [], links: [] }, desired(), host, known)
    expect(removed(known, again)).toEqual(['route 10.64.9.0/24'])
    expect(withoutStaleRoutes(host, known).routes).toEqual(others)
  })

  test('are of this cluster where it had such pools before, or where no pools were seen', () => {
    const former = ['10.70.0.0/16:24', 'fd70::/16:64']
    const all = [...others, stale].map(({ destination }) => `route ${destination}`)
    expect(removed({ ...known, former })).toEqual(expect.arrayContaining(all))
    expect(removed(neighbours())).toEqual(expect.arrayContaining(all))
  })
})

describe('routes of ours that another state directory has', () => {
  const holder = { directory: '/srv/prod', cluster: 'prod', host: 'h1', blocks: ['10.64.7.0/24'] }
  const held = { ...neighbours(), pools: ['10.64.0.0/16:24'], routesOf: holder }
  const ours = (destination: string, gateway: string) => ({
    ...{ destination, gateway, interface: 'eth0', table: 254, protocol: 'portolan' },
  })
  const host = facts({ routes: [ours('10.64.2.0/24', '192.0.2.77'), ours('10.64.9.0/24', '192.0.2.13')] })

  test('stay as they are, whatever the pools, and that is said', () => {
    const { desired: got, notes, conflicts } = withNeighbours(desired(), host, held)
    expect({ changes: diffLinks(got, host), conflicts }).toEqual({ changes: [], conflicts: [] })
    expect(notes).toEqual([
      expect.stringMatching(
        /belong to cluster prod, in which it is h1 with the state directory \/srv\/prod\. .*cluster lab/,
      ),
    ])
    const planned = {
      ...desired(),
      routes: [{ destination: '10.64.2.0/24', via: '192.0.2.12', interface: 'eth0' }],
    }
    const again = chosenAnew({ networks: [], endpoints: [], links: [] }, planned, host, held)
    expect(diffLinks(again, host)).toEqual([])
    expect(withoutStaleRoutes(host, held)).toEqual(host)
  })

  test('are made for this one where there are none', () => {
    const { desired: got, notes } = withNeighbours(desired(), facts(), held)
    expect({ routes: got.routes?.length, notes }).toEqual({ routes: 1, notes: [] })
  })

  test('are unknown to a cluster where no host had the block and none has the address', async () => {
    const store = memoryBlockStore()
    await runBlockSteps(store, setUpCluster(['10.64.0.0/16:24']))
    const member = { host: 'h2', incarnation: 'b' }
    const claim = claimBlocks({ ...member, lease: null, newNonce: () => 'n' })
    const { blocks } = await runBlockSteps(store, claim)
    const addresses = { ip: '192.0.2.12', ip6: null }
    await runBlockSteps(store, announceNode({ ...member, addresses }))
    const own = ours(blocks[0]?.block ?? '', '192.0.2.99')
    const [other, near] = [ours('10.64.255.0/24', '192.0.2.13'), ours('10.64.254.0/24', '192.0.2.12')]
    const known = routesUnknown({ routes: [own, other, near] }, await store.read())
    expect(known.map(({ destination }) => destination)).toEqual(['10.64.255.0/24'])
  })
})

const route = { destination: '10.64.2.0/24', via: '192.0.2.12', interface: 'eth0' }

describe('routes to the blocks of other hosts', () => {
  test('lead by the interface on whose network the other host is', () => {
    expect(withNeighbours(desired(), facts(), neighbours())).toMatchObject({
      desired: { routes: [route] },
      notes: [],
      conflicts: [],
    })
  })

  test.each([
    ['has told no address', null, 'has told the cluster no IPv4 address'],
    ['is on another network', '198.51.100.7', 'is on no network of this host'],
    ['has the address of this one', '192.0.2.11', 'this host has that address itself'],
  ])('are not made to a host that %s, which is said', (_, via, note) => {
    const written = (command: string): string => `${command} --cluster URL`
    const { desired: got, notes } = withNeighbours(desired(), facts(), neighbours(via), undefined, written)
    expect(got.routes).toEqual([])
    expect(notes).toEqual([expect.stringContaining(note)])
    expect(notes[0]).toMatch(/`portolan cluster join[^`]* --cluster URL`/)
    expect(notes[0]).not.toMatch(/`portolan cluster [^`]*(?<!URL)`(?=[ .,:])/)
  })

  test('are not made where the address that a host told is of the other family, and the family is said', () => {
    const others = [
      { block: '10.64.2.0/24', host: 'h2', via: null },
      { block: 'fd64:2::/64', host: 'h2', via: '2001:db8::12' },
      { block: 'fd64:3::/64', host: 'h3', via: null },
    ]
    const both = { ...neighbours(), blocks: ['10.64.1.0/24', 'fd64:1::/64'], others }
    const { notes } = withNeighbours(
      desired(),
      facts({ interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.11/24', '2001:db8::11/64'] }] }),
      both,
    )
    expect(notes).toEqual([
      expect.stringMatching(
        /^No route leads to 10\.64\.2\.0\/24 of h2: the host has told the cluster no IPv4 address/,
      ),
      expect.stringMatching(
        /^No route leads to fd64:3::\/64 of h3: the host has told the cluster no IPv6 address/,
      ),
    ])
  })

  test('stay while others have the only block of this host by a store that has lost data', () => {
    const known = neighbours()
    const taken = { block: '10.64.1.0/24', host: 'h3', via: '192.0.2.13' }
    const disputed = { ...known, blocks: [], disputed: known.blocks, others: [taken, ...known.others] }
    const before = withNeighbours(desired(network()), facts(), known)
    expect(before.desired.routes).toHaveLength(1)
    expect(withNeighbours(desired(network()), facts(), disputed)).toEqual(before)
  })

  test('are none where this host has no block', () => {
    const none = { ...neighbours(), blocks: [] }
    expect(withNeighbours(desired(), facts(), none).desired.routes).toEqual([])
  })

  test.each([
    ['of the same destination', { destination: '10.64.2.0/24', gateway: '192.0.2.1', table: 254 }, false],
    ['that is more exact', { destination: '10.64.2.128/25', gateway: '192.0.2.1', table: 254 }, true],
    ['in a table that is asked first', { destination: '10.0.0.0/8', interface: 'wg0', table: 51_820 }, true],
  ])('have a conflict with a foreign route %s', (_, foreign, isMade) => {
    const around = facts({ routes: [foreign], rules: [{ priority: 5_000, table: 51_820 }] })
    const { desired: got, conflicts } = withNeighbours(desired(), around, neighbours())
    expect(got.routes).toEqual(isMade ? [route] : [])
    expect(conflicts).toMatchObject([{ kind: 'BlockRouteTaken', severity: 'warning' }])
  })

  test.each([
    ['is less exact', { destination: '10.0.0.0/8', gateway: '192.0.2.1', table: 254 }],
    ['is a default route', { destination: 'default', gateway: '192.0.2.1', table: 51_820 }],
    ['is in a table that no rule asks first', { destination: '10.64.2.0/24', interface: 'wg0', table: 7 }],
  ])('have none with one that %s', (_, foreign) => {
    const around = facts({ routes: [foreign], rules: [{ priority: 5_000, table: 51_820 }] })
    expect(withNeighbours(desired(), around, neighbours()).conflicts).toEqual([])
  })

  describe('with a foreign route in a table that a rule asks before main', () => {
    const others = [
      { block: '10.64.2.0/24', host: 'h2', via: '192.0.2.12' },
      { block: 'fd64:2::/64', host: 'h2', via: '2001:db8::12' },
    ]
    const both = { ...neighbours(), blocks: ['10.64.1.0/24', 'fd64:1::/64'], others }
    const links = [{ name: 'eth0', up: true, addresses: ['192.0.2.11/24', '2001:db8::11/64'] }]
    const foreign = [
      { destination: '10.64.0.0/16', gateway: '192.0.2.99', table: 77 },
      { destination: 'fd64::/16', gateway: '2001:db8::99', table: 77 },
    ]
    const ask = { priority: 100, table: 77 }
    const told = (rules: HostFacts['rules'] = [], more: HostFacts['routes'] = []) => {
      const host = facts({ interfaces: links, routes: [...foreign, ...more], rules })
      return withNeighbours(desired(), host, both).conflicts
    }
    const blocksOf = (found: ReturnType<typeof told>) => found.map(({ prefix }) => prefix)
    const [four, six] = others.map(({ block }) => block)
    const main = { table: 254, priority: 99 }
    const local = { table: 255, priority: 0 }
    const target = { table: 78, priority: 200 }

    test('is told for each block, with a command of its family that is the same in the sentence', () => {
      const conflicts = told([ask])
      expect(blocksOf(conflicts)).toEqual([four, six])
      for (const [at, command] of [
        `ip rule add to ${four} lookup main`,
        `ip -6 rule add to ${six} lookup main`,
      ].entries())
        expect(conflicts[at]?.remedy).toEqual({
          text: expect.stringContaining(`\`${command}\``),
          commands: [command],
        })
    })

    test.each([
      ['what the remedy says is ahead', [{ ...main, to: '10.64.2.0/24' }], [six]],
      [
        'it is so in both families',
        [
          { ...main, to: '10.64.2.0/24' },
          { ...main, to: 'fd64:2::/64' },
        ],
        [],
      ],
      ['all goes by main first, but for its default routes', [{ ...main, suppressPrefixLength: 0 }], []],
      ['main is asked first for none of these routes', [{ ...main, suppressPrefixLength: 64 }], [four, six]],
      ['main is asked first for one half of the block', [{ ...main, to: '10.64.2.0/25' }], [four, six]],
      [
        'main is asked first for either half of it',
        [
          { ...main, to: '10.64.2.0/25' },
          { ...main, to: '10.64.2.128/25' },
        ],
        [six],
      ],
      ['main is asked first for what comes in by one interface', [{ ...main, in: 'eth0' }], [four, six]],
      ['main is asked first for another mark', [{ ...main, mark: 1, invert: true }], [four, six]],
      [
        'the rule that asks main is passed over',
        [{ priority: 50, action: 'goto', gotoPriority: 100 }, main],
        [four, six],
      ],
      ['main is asked first for the other family', [{ ...main, family: 'ip6' as const }], [four]],
      ['a rule leads past it', [{ priority: 50, action: 'goto', gotoPriority: 200 }, target], []],
      [
        'a rule leads one block past it',
        [{ priority: 50, action: 'goto', gotoPriority: 200, to: '10.64.2.0/24' }, target],
        [six],
      ],
      [
        'a rule leads what comes in by one interface past it',
        [{ priority: 50, action: 'goto', gotoPriority: 200, in: 'eth0' }, target],
        [four, six],
      ],
      ['a rule leads to no other', [{ priority: 50, action: 'goto', gotoPriority: 200 }], [four, six]],
    ])('is told or not as the kernel follows the rules: %s', (_, ahead, blocks) => {
      expect(blocksOf(told([ask, ...ahead]))).toEqual(blocks)
    })

    test.each([
      ['one family alone', { ...ask, family: 'ip' as const }, [four]],
      ['another destination', { ...ask, to: '10.64.3.0/24' }, []],
      ['a part of the block', { ...ask, to: '10.64.2.128/25' }, [four]],
      ['all but what it names', { ...ask, to: '10.64.3.0/24', invert: true }, [four]],
      ['all but what the block is in', { ...ask, to: '10.0.0.0/8', invert: true }, []],
      ['all but what comes in there for it', { ...ask, to: '10.0.0.0/8', in: 'eth0', invert: true }, [four]],
      ['what is more exact than its routes', { ...ask, suppressPrefixLength: 16 }, []],
      ['what main does not lead on', { ...ask, priority: 32_766 }, []],
    ])('is told where the rule is for %s', (_, rule, blocks) => {
      expect(blocksOf(told([rule]))).toEqual(blocks)
    })

    test.each([
      ['the same', { protocol: 6, destinationPorts: { first: 80 } }, []],
      ['more', { protocol: 6, destinationPorts: { first: 80 }, in: 'eth0' }, []],
      ['less', { protocol: 6 }, [four, six]],
      ['another port', { protocol: 6, destinationPorts: { first: 443 } }, [four, six]],
      ['all but the same', { protocol: 6, destinationPorts: { first: 80 }, invert: true }, [four, six]],
    ])(
      'is told or not behind one that asks main for a port, where the rule asks for %s',
      (_, asked, blocks) => {
        const ahead = { ...main, protocol: 6, destinationPorts: { first: 80 } }
        expect(blocksOf(told([ahead, { ...ask, ...asked }]))).toEqual(blocks)
      },
    )

    test.each([
      ['of the block', { action: 'unreachable', to: '10.64.2.0/24' }, [four], 'certain'],
      ['of a range around it', { action: 'blackhole', to: '10.64.0.0/16' }, [four], 'certain'],
      ['of an address in it', { action: 'prohibit', to: 'fd64:2::7/128' }, [six], 'certain'],
      [
        'of what comes in there for it',
        { action: 'prohibit', to: 'fd64:2::/64', in: 'eth0' },
        [six],
        'possible',
      ],
      ['of all', { action: 'prohibit', family: 'ip' as const }, [four], 'certain'],
      ['of a mark', { action: 'unreachable', mark: 1 }, [], null],
      ['of what is elsewhere', { action: 'unreachable', to: '10.65.0.0/16' }, [], null],
      ['that main comes before', { action: 'unreachable', to: '10.64.2.0/24', priority: 32_767 }, [], null],
    ])('is a rule that refuses packets, %s', (_, rule, blocks, certainty) => {
      const refusing = { priority: 100, ...rule }
      const conflicts = told([local, refusing])
      expect(blocksOf(conflicts)).toEqual(blocks)
      for (const conflict of conflicts)
        expect(conflict).toMatchObject({ certainty, culprit: { tool: 'rule' } })
      const ahead = [four, six].map((to = '') => ({ ...main, to }))
      expect(told([local, refusing, ...ahead])).toEqual([])
    })

    test.each([
      ['the kernel puts one ahead by itself', [local, ask], 'ip rule add to 10.64.2.0/24 lookup main'],
      [
        'the rule for addresses of the host is behind',
        [ask, { ...local, priority: 200 }],
        'ip rule add to 10.64.2.0/24 lookup main pref 99',
      ],
      [
        'no rule can come ahead',
        [local, { ...ask, priority: 0, to: '10.64.0.0/16' }],
        'ip rule del pref 0 from all to 10.64.0.0/16 lookup 77',
      ],
      [
        'no rule can come ahead of one that refuses',
        [local, { priority: 0, action: 'unreachable', to: '10.64.0.0/16' }],
        'ip rule del pref 0 from all to 10.64.0.0/16 unreachable',
      ],
    ])('has a command that works where %s', (_, rules, command) => {
      expect(told(rules)[0]?.remedy).toEqual({
        text: expect.stringContaining(`\`${command}\``),
        commands: [command],
      })
    })

    test('has no command where the rule that has to go cannot be named', () => {
      const [first] = told([local, { ...ask, priority: 0, other: ['tun_id'] }])
      expect(first?.remedy).toEqual({ text: expect.stringContaining('Delete that rule'), commands: [] })
    })

    test('is an address of this host, without a rule that would be behind that of table local', () => {
      const routes = [
        { destination: '10.64.2.1/32', interface: 'lan0', table: 255, type: 'local', scope: 'host' },
        { destination: 'fd64:2::1/128', interface: 'lo', table: 255, type: 'local', scope: 'host' },
      ]
      const lan = { name: 'lan0', up: true, addresses: ['10.64.2.1/16'] }
      const host = facts({ interfaces: [...links, lan, { name: 'lo' }], routes, rules: [local] })
      const { conflicts } = withNeighbours(desired(), host, both)
      expect(conflicts.map(({ remedy }) => remedy)).toEqual([
        { text: expect.stringMatching(/^It is an address of lan0: /), commands: [] },
        {
          text: expect.stringContaining('Delete that route'),
          commands: ['ip route del local fd64:2::1/128 dev lo table 255'],
        },
      ])
    })

    test('is none where that table throws the block back', () => {
      const thrown = { destination: '10.64.2.0/24', type: 'throw', table: 77 }
      expect(blocksOf(told([ask], [thrown]))).toEqual([six])
    })
  })

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

  test('are chosen anew once what was in their way has gone, and once something is', () => {
    const away = facts({ interfaces: [{ name: 'eth0', up: false, addresses: ['192.0.2.11/24'] }] })
    const taken = facts({ routes: [{ destination: '10.64.2.0/24', interface: 'wg0', table: 254 }] })
    const none = { networks: [], endpoints: [] }
    const made = withNeighbours(desired(), facts(), neighbours()).desired
    for (const present of [away, taken]) {
      const before = withNeighbours(desired(), present, neighbours()).desired
      expect(before.routes).toEqual([])
      expect(chosenAnew(none, before, facts(), neighbours())).toEqual(made)
      expect(chosenAnew(none, made, present, neighbours())).toEqual(before)
    }
    expect(chosenAnew(none, desired(), facts(), null)).toEqual(desired())
  })

  test('need nothing where an operator has made them', () => {
    const around = facts({
      routes: [{ destination: '10.64.2.0/24', gateway: '192.0.2.12', interface: 'eth0', table: 254 }],
    })
    const got = withNeighbours(desired(), around, neighbours())
    expect(got).toMatchObject({ desired: { routes: [] }, conflicts: [], notes: [] })
  })
})

describe('changes of routes', () => {
  const own = (destination: string, gateway: string) => ({
    ...{ destination, gateway, interface: 'eth0', table: 254, protocol: 'portolan' },
  })
  const changes = (
    routes: HostFacts['routes'] = [],
    wanted: DesiredState = { ...desired(), routes: [route] },
  ) => diffLinks(wanted, facts({ routes })).map(({ action, object }) => `${action} ${object}`)

  test('add, move and remove those of Portolan, and no other', () => {
    expect(changes()).toEqual(['add route 10.64.2.0/24'])
    expect(changes([own('10.64.2.0/24', '192.0.2.13')])).toEqual(['change route 10.64.2.0/24'])
    expect(changes([own('10.64.2.0/24', '192.0.2.12')])).toEqual([])
    expect(changes([own('10.64.2.0/24', '192.0.2.12'), own('10.64.3.0/24', '192.0.2.13')])).toEqual([
      'remove route 10.64.3.0/24',
    ])
    expect(changes([{ ...own('10.64.3.0/24', '192.0.2.13'), protocol: 'ra' }])).toEqual([
      'add route 10.64.2.0/24',
    ])
    expect(changes([{ ...own('10.64.3.0/24', '192.0.2.13'), table: 7 }])).toEqual(['add route 10.64.2.0/24'])
  })

  test('are none where no cluster is known', () => {
    expect(changes([own('10.64.3.0/24', '192.0.2.13')], desired())).toEqual([])
  })
})

describe('containers of other hosts', () => {
  const open = (one: DesiredNetwork) => withNeighbours(desired(one), facts(), neighbours()).desired

  test('reach those of a network in a block, and are reached with their own source', () => {
    const { networks, openings } = open(network())
    expect(networks[0]?.ip?.unmasqueraded).toEqual(['10.64.2.0/24'])
    expect(openings).toMatchObject([
      { network: 'web', address: null, ports: null, from: { kind: 'prefix', prefix: '10.64.2.0/24' } },
    ])
  })

  test.each([
    ['is internal', network({ internal: true })],
    ['has icc off', network({ icc: false })],
    [
      'is outside the blocks of this host',
      network({ ip: { subnet: '172.17.0.0/16', gateway: '172.17.42.1', mode: 'nat', masquerade: true } }),
    ],
    [
      'is isolated',
      network({ ip: { subnet: '10.64.1.0/24', gateway: null, mode: 'isolated', masquerade: false } }),
    ],
  ])('are strangers to a network that %s', (_, one) => {
    const { networks, openings = [] } = open(one)
    expect(networks[0]?.ip?.unmasqueraded).toBeUndefined()
    expect(openings).toEqual([])
  })

  test('are let in by no rule of ours to an external network, whose owner says which source they see', () => {
    const { networks, openings = [] } = open(network({ external: true }))
    expect(networks[0]?.ip?.unmasqueraded).toEqual(['10.64.2.0/24'])
    expect(openings).toEqual([])
  })
})

describe('what a host knows of the others', () => {
  const web1 = { host: 'h1', incarnation: 'a1', newNonce: () => 'n1' }
  const web2 = { host: 'h2', incarnation: 'a2', newNonce: () => 'n2' }
  const joined = async () => {
    const store = memoryBlockStore()
    await runBlockSteps(store, setUpCluster(['10.64.0.0/16:24']))
    for (const one of [web1, web2]) await runBlockSteps(store, claimBlocks({ ...one, lease: null }))
    return { store, seen: async () => neighboursOf(await store.read(), { ...web2, cluster: 'lab' }).others }
  }
  const addresses = { ip: '192.0.2.11', ip6: null }

  test('is the address that a host told, though it is not alive', async () => {
    const { store, seen } = await joined()
    expect(await seen()).toMatchObject([{ host: 'h1', via: null }])
    await runBlockSteps(store, announceNode({ host: web1.host, incarnation: web1.incarnation, addresses }))
    expect(await seen()).toMatchObject([{ host: 'h1', via: '192.0.2.11' }])
    const { revision } = await store.read()
    await runBlockSteps(store, announceNode({ host: web1.host, incarnation: web1.incarnation, addresses }))
    expect((await store.read()).revision).toBe(revision)
    await runBlockSteps(store, releaseBlocks({ ...web1, blocks: null }))
    expect(await seen()).toEqual([])
    expect((await store.read()).entries.map(({ key }) => key)).not.toContain('nodes/h1')
  })

  test.each([
    ['of a machine that had the name before', '{"incarnation":"a0","ip":"192.0.2.99","ip6":null}'],
    ['that is no address', '{"incarnation":"a1","ip":"192.0.2.99; reboot","ip6":null}'],
    ['of the other family', '{"incarnation":"a1","ip":"2001:db8::1","ip6":null}'],
    ['that cannot be read', 'what'],
  ])('is no address %s', async (_, value) => {
    const { store, seen } = await joined()
    await store.commit({ when: [], writes: [{ kind: 'put', key: 'nodes/h1', value, lease: null }] })
    expect(await seen()).toMatchObject([{ host: 'h1', via: null }])
  })
})
