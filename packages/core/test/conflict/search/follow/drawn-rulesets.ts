import type { HostFacts } from '@portolan/netfilter'
import {
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
import type { Row } from '../../../../src/conflict/search/rows/row.ts'
import { network } from '../../../contract/state.ts'

export const tcp = { protocols: [6] }

export const facts: HostFacts = {
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
export const sources = { starts: [0xc6336400], ends: [0xc63364ff] }

export const sport = { starts: [1024], ends: [1027] }

export const hostAddresses = { starts: [0xc0000202, 0xcb007102], ends: [0xc0000203, 0xcb007102] }

export const container = 0xac110002

export const row: Row = {
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

export const sourceRange = fc
  .tuple(fc.nat(255), fc.constantFrom(0, 0, 1, 3, 15, 63, 127))
  .map(([at, size]) => ({ first: 0xc6336400 + at, last: Math.min(0xc63364ff, 0xc6336400 + at + size) }))

export const portRange = fc
  .tuple(fc.nat(3), fc.nat(2))
  .map(([at, size]) => ({ first: 1024 + at, last: 1024 + at + size }))

export const hostRange = fc.constantFrom(
  { first: 0xc0000202, last: 0xc0000202 },
  { first: 0xc0000203, last: 0xc0000203 },
  { first: 0xc0000200, last: 0xc00002ff },
  { first: container, last: container },
)

export const someRanges = (range: fc.Arbitrary<{ first: number; last: number }>) =>
  fc.array(range, { minLength: 1, maxLength: 3 }).map((ranges) => ({ kind: 'ranges', ranges }) as const)

export const set = (parts: readonly ('saddr' | 'sport')[]): fc.Arbitrary<ElementTable> =>
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

export const match: fc.Arbitrary<MatchStep> = fc.oneof(
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

export const action: fc.Arbitrary<Step> = fc.oneof(
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

export const rule = fc
  .tuple(fc.array(match, { maxLength: 3 }), action, fc.option(action))
  .map(([matches, first, second]) => [...matches, first, ...(second === null ? [] : [second])])

/** A list of bans that is long enough to be searched as one. */
export const bans = fc
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

export const rules = fc
  .array(
    fc.oneof(
      rule.map((one) => [one]),
      bans,
    ),
    { maxLength: 5 },
  )
  .map((lists) => lists.flat())

export const tableOf = (
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

export const ours: NetfilterTable = {
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

export const rulesets: fc.Arbitrary<NetfilterRuleset> = fc
  .tuple(rules, rules, rules, fc.array(rules, { minLength: 2, maxLength: 2 }))
  .map(([raw, pre, forward, shared]) => ({
    tables: [
      ours,
      tableOf('raw', 'prerouting', -300, raw, shared),
      tableOf('pre', 'prerouting', -150, pre, shared),
      tableOf('forward', 'forward', 0, forward, shared),
    ],
  }))
