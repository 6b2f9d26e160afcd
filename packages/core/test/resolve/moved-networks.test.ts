import { describe, expect, test } from '@jest/globals'
import {
  bridgeAlias,
  commitLeases,
  emptyLeases,
  type HeldBlocks,
  type Intent,
  type LeaseState,
  parsePool,
  type Resolution,
  type ResolveOptions,
  readCompose,
  resolve,
} from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'

const shop = readCompose(
  'name: shop\nnetworks: {web: {enable_ipv6: true}}\nservices: {a: {networks: [web]}}\n',
  { source: 'compose.yaml' },
)

/** Resolves and commits, as apply does. */
const settle = (
  leases: LeaseState,
  options: ResolveOptions,
  facts: HostFacts = {},
): { readonly leases: LeaseState; readonly answer: Resolution } => committed(shop, leases, options, facts)

const committed = (
  intent: Intent,
  leases: LeaseState,
  options: ResolveOptions,
  facts: HostFacts = {},
): { readonly leases: LeaseState; readonly answer: Resolution } => {
  const answer = resolve(intent, facts, { ...options, leases })
  return { answer, leases: commitLeases(leases, answer.leases).state }
}

const subnets = ({ subnets: plans }: Resolution): readonly string[] =>
  plans.map(({ subnet, origin }) => `${subnet} ${origin}`)

const texts = ({ notes }: Resolution): readonly string[] => notes.map(({ text }) => text)

const held: HeldBlocks = {
  ...{ cluster: 'prod', pools: ['10.64.0.0/20:24', 'fd00:64::/56:64'], lost: [], join: 'join' },
  blocks: ['10.64.12.0/24', 'fd00:64:0:6c::/64'],
}

const [first4, first6] = ['10.64.12.0/24', 'fd00:64:0:6c::/64']
const [next4, next6] = ['10.64.3.0/24', 'fd00:64:0:6d::/64']

const move = ['web']

/** A bridge of the network, with one subnet of each family. */
const bridge = (...addresses: readonly string[]): HostFacts => ({
  interfaces: [{ name: 'br-web', alias: bridgeAlias({ project: 'shop', network: 'web' }), addresses }],
})

describe('a network with subnets of both families', () => {
  test.each([
    [first4, [next4, first6], [`${next4} picked`, `${first6} held`]],
    [first6, [first4, next6], [`${first4} held`, `${next6} picked`]],
  ])('leaves block %s, which no pool has any more, and keeps the other family', (block, blocks, expected) => {
    const { leases } = settle(emptyLeases, { blocks: held })
    const now = { ...held, blocks: [block, ...blocks], leaving: [block] }
    const { answer } = settle(leases, { blocks: now, move })
    expect(subnets(answer)).toEqual(expected)
  })

  test.each([
    [
      ['10.9.0.0/24:24', 'fd00:1::/64:64'],
      ['10.9.0.0/24 picked', 'fd00:1::/64 held'],
    ],
    [
      ['10.8.0.0/24:24', 'fd00:2::/64:64'],
      ['10.8.0.0/24 held', 'fd00:2::/64 picked'],
    ],
  ])('leaves the pool that is named no longer, without a cluster: %s', (pools, expected) => {
    const { leases } = settle(emptyLeases, { pools: ['10.8.0.0/24:24', 'fd00:1::/64:64'].map(parsePool) })
    const { answer } = settle(leases, { pools: pools.map(parsePool), move })
    expect(subnets(answer)).toEqual(expected)
  })

  test.each([
    ['IPv6', first6, [next4], [`${next4} picked`, `${first6} held`]],
    ['IPv4', first4, [next6], [`${first4} held`, `${next6} picked`]],
  ])('keeps its %s subnet where no other is free, and says so', (family, subnet, more, expected) => {
    const { leases } = settle(emptyLeases, { blocks: held })
    const { answer } = settle(leases, { blocks: { ...held, blocks: [...held.blocks, ...more] }, move })
    expect(subnets(answer)).toEqual(expected)
    expect(texts(answer)).toEqual([
      expect.stringMatching(`^Network web keeps its ${family} subnet ${subnet}: no other one is free`),
    ])
  })

  test('does not move where no subnet of either family is free', () => {
    const { leases } = settle(emptyLeases, { blocks: held })
    expect(() => settle(leases, { blocks: held, move })).toThrow(/No subnet is free for network web/)
  })

  test.each([
    ['both families have to go', held.blocks, [next4], [`${next4} picked`, 'picked']],
    ['it alone has to go', [first6], [next4], [`${first4} held`, 'picked']],
    ['it alone has to go, and there is no block to spare', [first6], [], [`${first4} held`, 'picked']],
  ])(
    'leaves a family of which the cluster has no pool any more for the pools of the host: %s',
    (_, leaving, more, expected) => {
      const { leases } = settle(emptyLeases, { blocks: held })
      const now = { ...held, former: ['fd00:64::/56:64'], blocks: [...held.blocks, ...more], leaving }
      const { answer } = settle(leases, { blocks: now, move }, { machineId: 'm' })
      const [four, six] = answer.subnets
      expect([`${four?.subnet} ${four?.origin}`, six?.origin]).toEqual(expected)
      expect(six?.subnet).toMatch(/^fd(?!00:64:)/)
      expect(texts(answer)).toEqual([])
    },
  )

  test.each([
    ['IPv6', [next4], [`${next4} picked`, `${first6} held`]],
    ['IPv4', [next6], [`${first4} held`, `${next6} picked`]],
  ])(
    'leaves its block of the other family where both have to go and there is no room for %s',
    (family, more, expected) => {
      const { leases } = settle(emptyLeases, { blocks: held })
      const now = { ...held, blocks: [...held.blocks, ...more], leaving: held.blocks }
      const { answer } = settle(leases, { blocks: now, move })
      expect(subnets(answer)).toEqual(expected)
      expect(texts(answer)).toEqual([
        expect.stringMatching(
          `^Network web keeps its ${family} subnet .*, which it has to leave: .*no ${family} block of cluster prod.*\`join --count 1\`.* Move it again then\\.$`,
        ),
      ])
    },
  )

  test('does not move where both families have to go and there is room for neither', () => {
    const { leases } = settle(emptyLeases, { blocks: held })
    const now = { ...held, leaving: held.blocks }
    expect(() => settle(leases, { blocks: now, move })).toThrow(/has no IPv4 block of cluster prod/)
  })

  test('moves both families where both are to go', () => {
    const { leases } = settle(emptyLeases, { blocks: held })
    const now = { ...held, blocks: [...held.blocks, next4, next6], leaving: held.blocks }
    expect(subnets(settle(leases, { blocks: now, move }).answer)).toEqual([
      `${next4} picked`,
      `${next6} picked`,
    ])
  })
})

test.each([{ leaving: [first4] }, {}])(
  'a network of one family does not move where there is no room: %j',
  (more) => {
    const only4 = readCompose('name: shop\nnetworks: {web: {}}\nservices: {a: {networks: [web]}}\n', {
      source: 'compose.yaml',
    })
    const { leases } = committed(only4, emptyLeases, { blocks: held })
    expect(() => resolve(only4, {}, { leases, blocks: { ...held, ...more }, move })).toThrow(
      /room|free|no IPv4 block/,
    )
  },
)

test('networks that have to go move in their order, and one for which there is no room is told', () => {
  const two = readCompose(
    'name: shop\nnetworks: {web: {enable_ipv6: true}, db: {enable_ipv6: true}}\nservices: {a: {networks: [web, db]}}\n',
    { source: 'compose.yaml' },
  )
  const had = { ...held, blocks: [first4, '10.64.13.0/24', first6, 'fd00:64:0:6e::/64'] }
  const { leases } = committed(two, emptyLeases, { blocks: had })
  const now = { ...had, blocks: [...had.blocks, next4, '10.64.4.0/24', next6], leaving: had.blocks }
  const answer = resolve(two, {}, { leases, blocks: now, move: ['web', 'db'] })
  expect(subnets(answer)).toEqual([
    `${next4} picked`,
    `${next6} picked`,
    '10.64.4.0/24 picked',
    'fd00:64:0:6e::/64 held',
  ])
  expect(texts(answer)).toEqual([
    expect.stringMatching(
      /^Network db keeps its IPv6 subnet .* No subnet is free for network db .*`join --count 2`/,
    ),
  ])
})

describe('a network whose block was cut anew', () => {
  const only4 = readCompose('name: shop\nnetworks: {web: {}}\nservices: {a: {networks: [web]}}\n', {
    source: 'compose.yaml',
  })
  const had: HeldBlocks = { ...held, pools: ['10.64.0.0/20:24'], blocks: [first4] }
  const up = (address: string): HostFacts => ({
    ...bridge(address),
    routes: [{ destination: first4, interface: 'br-web', table: 254, scope: 'link' }],
  })

  test('moves into the part of it that its host has, though that overlaps what it leaves', () => {
    const { leases } = committed(only4, emptyLeases, { blocks: had })
    const now = {
      ...had,
      pools: ['10.64.0.0/20:25'],
      blocks: ['10.64.12.0/25'],
      lost: [{ block: first4, takenBy: null }],
    }
    const facts = up('10.64.12.1/24')
    const { conflicts } = resolve(only4, facts, { leases, blocks: now })
    expect(conflicts).toMatchObject([{ kind: 'SubnetOverlap', severity: 'error' }])
    const { answer, leases: then } = committed(only4, leases, { blocks: now, move }, facts)
    expect(subnets(answer)).toEqual(['10.64.12.0/25 picked'])
    expect(answer.conflicts).toEqual([])
    const after = resolve(only4, up('10.64.12.1/25'), { leases: then, blocks: now })
    expect([subnets(after), after.conflicts]).toEqual([['10.64.12.0/25 held'], []])
  })

  test.each(['10.64.12.128/25', '10.64.13.0/24'])(
    'moves elsewhere while there is room elsewhere, without a cluster: %s',
    (elsewhere) => {
      const { leases } = committed(only4, emptyLeases, { pools: [parsePool('10.64.12.0/25:25')] })
      const pools = ['10.64.12.0/24:24', `${elsewhere}:${elsewhere.slice(-2)}`].map(parsePool)
      const facts = bridge('10.64.12.1/25')
      const moved = resolve(only4, facts, { leases, pools, move })
      expect(subnets(moved)).toEqual([`${elsewhere} picked`])
      const [grown = parsePool('10.64.12.0/24:24')] = pools
      expect(subnets(resolve(only4, facts, { leases, pools: [grown], move }))).toEqual([
        '10.64.12.0/24 picked',
      ])
      expect(() => resolve(only4, facts, { leases, pools: [parsePool('10.64.12.0/25:25')], move })).toThrow(
        /No subnet is free/,
      )
    },
  )

  test('moves to no subnet that another network has', () => {
    const two = readCompose(
      'name: shop\nnetworks: {web: {}, db: {}}\nservices: {a: {networks: [web, db]}}\n',
      { source: 'compose.yaml' },
    )
    const { leases } = committed(two, emptyLeases, { pools: [parsePool('10.64.12.0/24:25')] })
    expect(() => resolve(two, {}, { leases, pools: [parsePool('10.64.12.0/24:24')], move })).toThrow(
      /No subnet is free for network web/,
    )
  })
})

describe('a move that was cut off after its leases were taken', () => {
  const lost = {
    ...held,
    blocks: [next4, first6],
    lost: [{ block: first4, takenBy: 'web-2' }],
  }
  const before = bridge('10.64.12.1/24', 'fd00:64:0:6c::1/64')
  const killed = () =>
    settle(settle(emptyLeases, { blocks: held }, before).leases, { blocks: lost, move }, before)
  const text = `Network web is on its way from ${first4} to ${next4}: a move was cut off, and this finishes it.`

  test.each([{}, { move }])('is finished by the next plan, with room for no other, and told: %j', (more) => {
    expect(subnets(killed().answer)).toEqual([`${next4} picked`, `${first6} held`])
    const { answer } = settle(killed().leases, { blocks: lost, ...more }, before)
    expect(subnets(answer)).toEqual([`${next4} held`, `${first6} held`])
    expect(texts(answer)).toEqual([text])
    expect(answer.leases.changes).toEqual([])
  })

  test('is finished by another move where the bridge has no address yet', () => {
    const bare = bridge('fd00:64:0:6c::1/64')
    const { answer } = settle(killed().leases, { blocks: lost, move }, bare)
    expect(subnets(answer)).toEqual([`${next4} held`, `${first6} held`])
    expect(texts(answer)).toEqual([
      `Network web gets ${next4}, which is leased to it, and is moved no further: its bridge has no address, as where a move was cut off.`,
    ])
    expect(texts(settle(killed().leases, { blocks: lost }, bare).answer)).toEqual([])
  })

  test('goes on elsewhere where the subnet it was on its way to is lost too', () => {
    const since = {
      ...lost,
      blocks: ['10.64.5.0/24', first6],
      lost: [...lost.lost, { block: next4, takenBy: 'web-3' }],
    }
    const { answer } = settle(killed().leases, { blocks: since, move }, before)
    expect(subnets(answer)).toEqual(['10.64.5.0/24 picked', `${first6} held`])
  })

  test('is told no more once the bridge has the subnet', () => {
    const { answer } = settle(killed().leases, { blocks: lost }, bridge('10.64.3.1/24', 'fd00:64:0:6c::1/64'))
    expect([subnets(answer), texts(answer)]).toEqual([[`${next4} held`, `${first6} held`], []])
  })
})
