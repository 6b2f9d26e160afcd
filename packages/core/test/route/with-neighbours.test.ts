import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import {
  announceNode,
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
import { chosenAnew } from '../../src/route/with-neighbours.ts'
import { desired, facts, neighbours, network, route } from './cluster-neighbours.ts'

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
