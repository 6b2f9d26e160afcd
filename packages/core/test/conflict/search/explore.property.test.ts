import { expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import {
  between,
  bitwise,
  compare,
  constant,
  type ElementTable,
  field,
  type MatchStep,
  member,
  type NetfilterRuleset,
  type NetfilterTable,
  oneOf,
  type Step,
  verdict,
} from '@portolan/netfilter'
import fc from 'fast-check'
import { hasValue, intersects } from '../../../../netfilter/src/address/range-set.ts'
import { type Follower, prepareFollower } from '../../../../netfilter/src/evaluate/flow/follow.ts'
import { openFlow } from '../../../../netfilter/src/evaluate/flow/open-flow.ts'
import { explore } from '../../../src/conflict/search/explore.ts'
import { judge } from '../../../src/conflict/search/judge.ts'
import { rowAlone } from '../../../src/conflict/search/mapping-group.ts'
import {
  type Cell,
  cellsAt,
  type Explored,
  findEquivalentMembers,
} from '../../../src/conflict/search/member-cells.ts'
import { freeFields, type Point, type Region } from '../../../src/conflict/search/region.ts'
import type { Row } from '../../../src/conflict/search/row.ts'
import { network } from '../../contract/state.ts'

const tcp = { protocols: [6] }
const facts: HostFacts = {
  interfaces: [
    { name: 'lo', addresses: ['127.0.0.1/8'] },
    { name: 'eth0', addresses: ['192.0.2.2/24', '192.0.2.3/24'] },
    { name: 'eth1', addresses: ['203.0.113.2/24'] },
    { name: 'br-web', kind: 'bridge', addresses: ['172.17.42.1/16'] },
  ],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '198.51.100.0/26', gateway: '203.0.113.1', interface: 'eth1' },
    { destination: '198.51.100.192/28', type: 'blackhole' },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.eth0.rp_filter': '2' },
}

// All packets: 256 sources, 4 source ports, 3 addresses of the host.
const sources = { starts: [0xc6336400], ends: [0xc63364ff] }
const sport = { starts: [1024], ends: [1027] }
const hostAddresses = { starts: [0xc0000202, 0xcb007102], ends: [0xc0000203, 0xcb007102] }
const container = 0xac110002

const row: Row = {
  source: 'machine',
  way: 'published',
  family: 'ip',
  protocol: 6,
  mapping: null,
  network: network('web'),
  in: 'eth0',
  isUplink: true,
  prefers: null,
  choosesSource: false,
  region: { saddr: sources, daddr: hostAddresses, sport, dport: { starts: [8080], ends: [8080] } },
  expected: {
    kind: 'delivered',
    to: [{ address: container, port: 80, bridge: 'br-web', gateway: 0xac112a01 }],
    seenAs: 'own',
  },
}

const sourceRange = fc
  .tuple(fc.nat(255), fc.constantFrom(0, 0, 1, 3, 15, 63, 127))
  .map(([at, size]) => ({ first: 0xc6336400 + at, last: Math.min(0xc63364ff, 0xc6336400 + at + size) }))
const portRange = fc
  .tuple(fc.nat(3), fc.nat(2))
  .map(([at, size]) => ({ first: 1024 + at, last: 1024 + at + size }))
const hostRange = fc.constantFrom(
  { first: 0xc0000202, last: 0xc0000202 },
  { first: 0xc0000203, last: 0xc0000203 },
  { first: 0xc0000200, last: 0xc00002ff },
  { first: container, last: container },
)

const someRanges = (range: fc.Arbitrary<{ first: number; last: number }>) =>
  fc.array(range, { minLength: 1, maxLength: 3 }).map((ranges) => ({ kind: 'ranges', ranges }) as const)

const set = (parts: readonly ('saddr' | 'sport')[]): fc.Arbitrary<ElementTable> =>
  fc
    .array(
      fc.tuple(...parts.map((part) => (part === 'saddr' ? someRanges(sourceRange) : someRanges(portRange)))),
      { maxLength: 6 },
    )
    .map((keys) => ({
      name: 'set',
      elements: keys.map((key) => ({ key, data: member })),
      otherwise: null,
      complete: true,
    }))

const match: fc.Arbitrary<MatchStep> = fc.oneof(
  fc
    .tuple(someRanges(sourceRange), fc.boolean())
    .map(([values, not]) => compare(field('saddr'), values, not)),
  // The reply has the client as its destination.
  fc
    .tuple(someRanges(sourceRange), fc.boolean())
    .map(([values, not]) => compare(field('daddr'), values, not)),
  someRanges(portRange).map((values) => compare(field('sport', tcp), values)),
  someRanges(portRange).map((values) => compare(field('dport', tcp), values)),
  someRanges(hostRange).map((values) => compare(field('daddr'), values)),
  fc.constantFrom(80, 8080).map((port) => compare(field('dport', tcp), oneOf(port))),
  fc.constantFrom(0, 1, 2).map((mark) => compare(field('mark'), oneOf(mark))),
  fc
    .constantFrom('eth0', 'br-web')
    .map((name) => compare(field('iifname'), { kind: 'names', names: [{ text: name, wildcard: false }] })),
  set(['saddr']).map(
    (table): MatchStep => ({ kind: 'lookup', key: [field('saddr')], table, negated: false }),
  ),
  set(['saddr', 'sport']).map(
    (table): MatchStep => ({
      kind: 'lookup',
      key: [field('saddr'), field('sport', tcp)],
      table,
      negated: false,
    }),
  ),
  fc.tuple(sourceRange, portRange, fc.boolean()).map(
    ([one, other, negated]): MatchStep => ({
      kind: 'any-of',
      alternatives: [
        [compare(field('saddr'), { kind: 'ranges', ranges: [one] })],
        [compare(field('sport', tcp), { kind: 'ranges', ranges: [other] }), compare(field('mark'), oneOf(0))],
      ],
      negated,
    }),
  ),
  fc.constantFrom('original', 'reply').chain((direction) =>
    someRanges(sourceRange).map((values) =>
      compare(
        {
          kind: 'conntrack-tuple',
          key: direction === 'original' ? 'saddr' : 'daddr',
          direction,
          family: 'ip',
        },
        values,
      ),
    ),
  ),
  // Matches that differ between the packets of a flow.
  fc.constantFrom(2, 8).map((state) => compare({ kind: 'conntrack', key: 'state' }, oneOf(state))),
  fc.constantFrom(0, 1).map((way) => compare({ kind: 'conntrack', key: 'direction' }, oneOf(way))),
  fc.constantFrom(2, 16, 18).map((flags) => compare(field('tcp-flags', tcp), oneOf(flags))),
  fc
    .constantFrom(1, 2, 4)
    .map((type) =>
      compare(
        { kind: 'fib', of: 'saddr', result: 'present', limit: 'in', mark: false },
        oneOf(type === 1 ? 0 : 1),
      ),
    ),
)

const action: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom(verdict('accept'), verdict('drop'), verdict('drop'), verdict('return')),
  fc.constantFrom(0, 1, 2).map((mark): Step => ({ kind: 'set', target: 'mark', value: constant(mark) })),
  fc
    .constantFrom(1, 2)
    .map((bits): Step => ({ kind: 'set', target: 'mark', value: bitwise('or', field('mark'), bits) })),
  fc.constantFrom('one', 'two').map((chain): Step => ({ kind: 'verdict', verdict: { kind: 'jump', chain } })),
  fc.constant<Step>({ kind: 'notrack', text: 'notrack' }),
  set(['saddr']).chain((table) =>
    fc.constantFrom('drop', 'accept').map(
      (kind): Step => ({
        kind: 'dispatch',
        key: [field('saddr')],
        table: {
          ...table,
          elements: table.elements.map(({ key }) => ({ key, data: { kind: 'verdict', verdict: { kind } } })),
        },
      }),
    ),
  ),
)

const rule = fc
  .tuple(fc.array(match, { maxLength: 3 }), action, fc.option(action))
  .map(([matches, first, second]) => [...matches, first, ...(second === null ? [] : [second])])

/** A list of bans that is long enough to be searched as one. */
const bans = fc
  .tuple(
    fc.array(sourceRange, { minLength: 4, maxLength: 8 }),
    fc.constantFrom('drop', 'return'),
    fc.option(match),
  )
  .map(([ranges, kind, also]) =>
    ranges.map((range): Step[] => [
      compare(field('saddr'), { kind: 'ranges', ranges: [range] }),
      ...(also === null ? [] : [also]),
      verdict(kind as 'drop'),
    ]),
  )

const rules = fc
  .array(
    fc.oneof(
      rule.map((one) => [one]),
      bans,
    ),
    { maxLength: 5 },
  )
  .map((lists) => lists.flat())

const tableOf = (
  name: string,
  hook: 'prerouting' | 'forward',
  priority: number,
  own: Step[][],
  shared: Step[][][],
): NetfilterTable => {
  const chain = (chainName: string, base: NetfilterTable['chains'][number]['base'], steps: Step[][]) => ({
    name: chainName,
    base,
    rules: steps.map((one, at) => ({
      steps: one,
      source: {
        ...({ tool: 'nft', family: 'ip', table: name, chain: chainName } as const),
        ...{
          position: at + 1,
          handle: null,
          text: `${name} ${chainName} ${at + 1}`,
          comment: null,
          counters: null,
        },
      },
    })),
  })
  const notJumping = (steps: Step[]): Step[] =>
    steps.filter((step) => !(step.kind === 'verdict' && 'chain' in step.verdict))
  return {
    tool: 'nft',
    family: 'ip',
    name,
    dormant: false,
    chains: [
      chain(hook, { type: 'filter', hook, priority, policy: 'accept', devices: [] }, own),
      ...['one', 'two'].map((leaf, at) => chain(leaf, null, (shared[at] ?? []).map(notJumping))),
    ],
  }
}

const ours: NetfilterTable = {
  tool: 'nft',
  family: 'ip',
  name: 'ours',
  dormant: false,
  chains: [
    {
      name: 'nat',
      base: { type: 'nat', hook: 'prerouting', priority: -105, policy: 'accept', devices: [] },
      rules: [
        {
          source: {
            ...({ tool: 'nft', family: 'ip', table: 'ours', chain: 'nat' } as const),
            ...{ position: 1, handle: null, text: 'dnat', comment: null, counters: null },
          },
          steps: [
            compare(field('dport', tcp), oneOf(8080)),
            {
              kind: 'nat',
              type: 'dnat',
              address: { kind: 'range', first: container, last: container },
              port: { kind: 'range', first: 80, last: 80 },
              ...{ netmap: false, shiftFrom: null, flags: [] },
            },
          ],
        },
      ],
    },
  ],
}

const rulesets: fc.Arbitrary<NetfilterRuleset> = fc
  .tuple(rules, rules, rules, fc.array(rules, { minLength: 2, maxLength: 2 }))
  .map(([raw, pre, forward, shared]) => ({
    tables: [
      ours,
      tableOf('raw', 'prerouting', -300, raw, shared),
      tableOf('pre', 'prerouting', -150, pre, shared),
      tableOf('forward', 'forward', 0, forward, shared),
    ],
  }))

const contains = (region: Region, point: Point): boolean =>
  freeFields.every((one) => hasValue(region[one], point[one]))

const disjoint = (a: Region, b: Region): boolean => freeFields.some((one) => !intersects(a[one], b[one]))

const verdictOf = ({ judgement }: Pick<Cell, 'judgement'>): string =>
  judgement.kind === 'kept' ? 'kept' : `${judgement.fault} ${judgement.certainty} ${judgement.share}`

const points = fc.array(
  fc.record({
    saddr: fc.nat(255).map((at) => 0xc6336400 + at),
    sport: fc.nat(3).map((at) => 1024 + at),
    daddr: fc.constantFrom(0xc0000202, 0xc0000203, 0xcb007102),
    dport: fc.constant(8080),
  }),
  { minLength: 40, maxLength: 40 },
)

/** The cells of a row that is explored alone. */
const exploreRow = (follower: Follower, one: Row): Explored => {
  const explored = [explore(follower, rowAlone(one))]
  const [equivalents] = findEquivalentMembers(follower, explored, 1)
  const [cells] = cellsAt(follower, explored, 0, equivalents?.cells ?? [])
  if (cells === undefined) throw new Error('there is a row')
  return cells
}

/** The outcome of one packet that is followed alone. */
const judgePoint = (
  follower: Follower,
  of: Row,
  point: { readonly saddr: number; readonly daddr: number; readonly sport: number; readonly dport: number },
): string => {
  const followed = follower.follow(
    openFlow(follower.host, {
      ...{ family: 'ip', protocol: 6, in: 'eth0', port: null, state: 'new', mark: 0 },
      ...{ tcpFlags: null, icmpType: null, icmpCode: 0 },
      ...point,
    }),
  )
  return verdictOf({ judgement: judge(of, followed, point, follower.host) })
}

test('a row is cut into cells that share no packet, hold every packet, and in which all packets fare alike', () => {
  let several = 0
  fc.assert(
    fc.property(rulesets, points, (ruleset, some) => {
      const follower = prepareFollower(facts, [ruleset])
      const { cells, isWhole } = exploreRow(follower, row)
      fc.pre(isWhole)
      if (cells.length > 1) several += 1
      for (const [at, cell] of cells.entries())
        for (const other of cells.slice(at + 1)) expect(disjoint(cell.region, other.region)).toBe(true)
      for (const point of some) {
        const cell = cells.find(({ region }) => contains(region, point))
        if (cell === undefined) throw new Error(`no cell holds ${JSON.stringify(point)}`)
        expect({ point, verdict: judgePoint(follower, row, point) }).toEqual({
          point,
          verdict: verdictOf(cell),
        })
      }
    }),
    { numRuns: 150 },
  )
  expect(several).toBeGreaterThan(10)
}, 600_000)

test('a port range of a service is no reason to look at each of its ports', () => {
  const drop = tableOf(
    'forward',
    'forward',
    0,
    [[compare(field('sport', tcp), between(1024, 1025)), verdict('drop')]],
    [],
  )
  const { cells } = exploreRow(prepareFollower(facts, [{ tables: [ours, drop] }]), row)
  // And three more for the sources that routes tell apart.
  expect(cells.map(({ region }) => [region.sport.starts, region.sport.ends])).toEqual(
    expect.arrayContaining([
      [[1024], [1025]],
      [[1026], [1027]],
    ]),
  )
  expect(cells).toHaveLength(5)
})

test('a set of subnets and port ranges is no reason to look at each of these ports', () => {
  const pairs: ElementTable = {
    name: 'pairs',
    elements: [
      { key: [between(0xc6336400, 0xc633647f), between(443, 9000)], data: member },
      { key: [between(0xc6336440, 0xc63364ff), between(8000, 20_000)], data: member },
    ],
    otherwise: null,
    complete: true,
  }
  const drop = tableOf(
    'forward',
    'forward',
    0,
    [
      [
        { kind: 'lookup', key: [field('saddr'), field('sport', tcp)], table: pairs, negated: false },
        verdict('drop'),
      ],
    ],
    [],
  )
  const { cells, isWhole } = exploreRow(prepareFollower(facts, [{ tables: [ours, drop] }]), row)
  expect(isWhole).toBe(true)
  expect(cells.length).toBeLessThan(20)
})

test('of a client port and a host port that happen to be equal, each is held to what rules ask of it', () => {
  const ports = { starts: [1024], ends: [1027] }
  const samePorts: Row = { ...row, region: { ...row.region, sport: ports, dport: ports } }
  const twins = fc.array(
    fc.record({
      saddr: fc.nat(255).map((at) => 0xc6336400 + at),
      sport: fc.nat(3).map((at) => 1024 + at),
      daddr: fc.constantFrom(0xc0000202, 0xc0000203),
      dport: fc.nat(3).map((at) => 1024 + at),
    }),
    { minLength: 40, maxLength: 40 },
  )
  fc.assert(
    fc.property(rulesets, twins, (ruleset, some) => {
      const follower = prepareFollower(facts, [ruleset])
      const { cells, isWhole } = exploreRow(follower, samePorts)
      fc.pre(isWhole)
      for (const point of some) {
        const cell = cells.find(({ region }) => contains(region, point))
        const told = judgePoint(follower, samePorts, point)
        expect([point, cell === undefined ? 'in no cell' : verdictOf(cell)]).toEqual([point, told])
      }
    }),
    { numRuns: 150 },
  )
})
