import {
  compare,
  constant,
  field,
  type HostFacts,
  type MatchStep,
  type NetfilterChain,
  type NetfilterRule,
  type NetfilterRuleset,
  type NetfilterTable,
  named,
  oneOf,
  parseAddress,
  type Step,
  verdict,
} from '@portolan/netfilter'
import { prepareFollower, type RangeSet, valueSet } from '@portolan/netfilter/analysis'
import fc from 'fast-check'
import { withInsertions } from '../../../src/conflict/remedy/insertion.ts'
import type { Judged } from '../../../src/conflict/remedy/judged.ts'
import type { Point, Region } from '../../../src/conflict/search/region/region.ts'

const facts: HostFacts = {
  interfaces: [
    { name: 'lo', addresses: ['127.0.0.1/8'] },
    { name: 'eth0', addresses: ['192.0.2.2/24'] },
    { name: 'eth1', addresses: ['203.0.113.2/24'] },
    { name: 'br-web', kind: 'bridge', addresses: ['172.17.42.1/16'] },
  ],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '198.51.100.64/26', gateway: '203.0.113.1', interface: 'eth1' },
    { destination: '198.51.100.192/28', type: 'blackhole' },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.eth1.rp_filter': '1' },
}

export const value = (text: string): number => Number(parseAddress(text).value)
const setOf = (...texts: readonly string[]): RangeSet => valueSet(texts.map(value))

/** Clients behind each interface, one without a route back, and one that forges an address of the host's bridge. */
const clients = [
  '198.51.100.7',
  '198.51.100.8',
  '198.51.100.70',
  '198.51.100.200',
  '172.17.0.9',
  '192.0.2.255',
]
const places = ['192.0.2.2', '203.0.113.2', '172.17.0.2', '172.17.0.3', '172.17.42.1']
export const region: Region = {
  saddr: setOf(...clients),
  daddr: setOf(...places),
  sport: valueSet([1024]),
  dport: valueSet([80, 443, 8080]),
}

export const tcp = { protocols: [6] }
export const ofValues = (texts: readonly string[]) => oneOf(...texts.map(value))

const match: fc.Arbitrary<MatchStep> = fc.oneof(
  fc
    .tuple(fc.subarray(clients, { minLength: 1 }), fc.boolean())
    .map(([some, not]) => compare(field('saddr', { family: 'ip' }), ofValues(some), not)),
  // An answer has the client as its destination.
  fc
    .subarray([...clients, ...places], { minLength: 1 })
    .map((some) => compare(field('daddr', { family: 'ip' }), ofValues(some))),
  fc.constantFrom(80, 443, 8080).map((port) => compare(field('dport', tcp), oneOf(port))),
  fc.constantFrom(80, 1024).map((port) => compare(field('sport', tcp), oneOf(port))),
  fc.constantFrom('eth0', 'eth1', 'br-web').map((name) => compare(field('iifname'), named(name))),
  fc.constantFrom('eth0', 'eth1', 'br-web').map((name) => compare(field('oifname'), named(name))),
  fc.constantFrom(0, 1).map((mark) => compare(field('mark'), oneOf(mark))),
  fc.constantFrom(2, 8).map((state) => compare({ kind: 'conntrack', key: 'state' }, oneOf(state))),
  fc.constantFrom(2, 16, 18).map((flags) => compare(field('tcp-flags', tcp), oneOf(flags))),
)

const action = (isNat: boolean): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(verdict('accept'), verdict('drop'), verdict('return')) },
    {
      weight: 1,
      arbitrary: fc.constant<Step>({ kind: 'verdict', verdict: { kind: 'jump', chain: 'side' } }),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'set', target: 'mark', value: constant(1) }) },
    ...(isNat
      ? [
          {
            weight: 4,
            arbitrary: fc.constantFrom('172.17.0.2', '172.17.0.3', '192.0.2.2').map((text): Step => {
              const address = value(text)
              return {
                kind: 'nat',
                type: 'dnat',
                address: { kind: 'range', first: address, last: address },
                port: { kind: 'range', first: 80, last: 80 },
                netmap: false,
                shiftFrom: null,
                flags: [],
              }
            }),
          },
        ]
      : [{ weight: 1, arbitrary: fc.constant<Step>({ kind: 'notrack', text: 'notrack' }) }]),
  )

const rulesOf = (
  isNat: boolean,
  maxLength: number,
  minLength = 0,
): fc.Arbitrary<readonly (readonly Step[])[]> =>
  fc.array(
    fc
      .tuple(fc.array(match, { minLength: 1, maxLength: 2 }), action(isNat))
      .map(([matches, act]) => [...matches, act]),
    { minLength, maxLength },
  )

/** Rules that would stop most packets are drawn seldom. */
const seldom = <T>(some: fc.Arbitrary<T>, none: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(none) }, { weight: 1, arbitrary: some })

type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting'

interface ChainSketch {
  readonly name: string
  readonly base: NetfilterChain['base']
  readonly rules: readonly (readonly Step[])[]
}

export const base = (
  hook: Hook,
  priority: number,
  rules: ChainSketch['rules'],
  type: 'filter' | 'nat' = 'filter',
  policy: 'accept' | 'drop' = 'accept',
): ChainSketch => ({ name: `${type} ${hook}`, base: { type, hook, priority, policy, devices: [] }, rules })

export const tableOf = (name: string, ...chains: readonly ChainSketch[]): NetfilterTable => ({
  tool: 'nft',
  family: 'inet',
  name,
  dormant: false,
  chains: chains.map(({ rules, ...chain }) => ({
    ...chain,
    rules: rules.map((steps, at) => ruleOf(name, chain.name, at, steps)),
  })),
})

const ruleOf = (table: string, chain: string, at: number, steps: readonly Step[]): NetfilterRule => ({
  source: {
    ...{ tool: 'nft', family: 'inet', table, chain, position: at + 1, handle: null },
    ...{ text: `rule ${at + 1} of ${chain}`, comment: null, counters: null },
  },
  steps,
})

const tables: fc.Arbitrary<readonly NetfilterTable[]> = fc
  .record({
    early: seldom(rulesOf(false, 1), []),
    translating: rulesOf(true, 3),
    forward: rulesOf(false, 4, 1),
    side: rulesOf(false, 2),
    policy: fc.constantFrom('drop', 'accept'),
    input: seldom(rulesOf(false, 1), []),
    output: seldom(rulesOf(false, 1), []),
    late: seldom(rulesOf(false, 1), []),
    other: seldom(rulesOf(false, 2), []),
    otherPolicy: seldom(fc.constant<'accept' | 'drop'>('drop'), 'accept'),
    masquerades: fc.boolean(),
  })
  .map((one) => {
    const side = { name: 'side', base: null, rules: one.side.filter((steps) => !steps.some(isJump)) }
    const nothing = { name: 'side', base: null, rules: [] }
    const masquerade: Step = {
      ...{ kind: 'nat', type: 'masquerade', address: null, port: null },
      ...{ netmap: false, shiftFrom: null, flags: [] },
    }
    return [
      tableOf(
        'mixed',
        base('prerouting', -150, one.early),
        base('forward', 0, one.forward, 'filter', one.policy),
        base('input', 0, one.input),
        base('output', 0, one.output),
        base('postrouting', 0, one.late),
        side,
      ),
      tableOf(
        'nat',
        base('prerouting', -100, one.translating, 'nat'),
        base('postrouting', 100, one.masquerades ? [[masquerade]] : [], 'nat'),
        nothing,
      ),
      tableOf('other', base('forward', 10, one.other, 'filter', one.otherPolicy), nothing),
    ]
  })

const isJump = (step: Step): boolean => step.kind === 'verdict' && step.verdict.kind === 'jump'

/** A rule that accepts packets, or sometimes rejects some, and its place. */
const insertion = fc.record({
  chain: fc.constantFrom(
    ...(['filter forward', 'filter forward', 'filter forward', 'side', 'filter prerouting'] as const),
    ...(['filter input', 'filter postrouting'] as const),
  ),
  at: fc.nat(2),
  matches: fc.array(match, { maxLength: 1 }),
  accepts: fc.constantFrom(true, true, true, false),
  /** It matches what the rule behind it matches, as remedies do. */
  isAlike: fc.constantFrom(true, true, false),
})

/** A rule for packets of established flows. */
const answers = {
  ...{ chain: 'filter forward', at: 0, accepts: true, isAlike: false },
  matches: [compare({ kind: 'conntrack', key: 'state' }, oneOf(2))],
} as const

const regions: fc.Arbitrary<readonly Region[]> = fc.array(
  fc.record({
    saddr: fc.constantFrom(region.saddr, setOf(...clients.slice(0, 3))),
    daddr: fc.subarray(places, { minLength: 1 }).map((some) => setOf(...some)),
    sport: fc.constant(region.sport),
    dport: fc.subarray([80, 443, 8080], { minLength: 1 }).map(valueSet),
  }),
  { maxLength: 2 },
)

export const scene = fc.record({
  tables,
  insertions: fc
    .tuple(fc.array(insertion, { minLength: 1, maxLength: 2 }), fc.constantFrom(true, true, false))
    .map(([some, answersToo]) => (answersToo ? [...some, answers] : some)),
  /** The policies of chains, and the rules of the chain, that the remedy bypasses. */
  culprits: fc.record({ policy: fc.boolean(), rules: fc.array(fc.nat(4), { maxLength: 2 }) }),
  open: regions,
  from: fc.constantFrom('eth0', 'eth1', 'br-web'),
})

export type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never

export const judgedIn = ({ tables: all, insertions, culprits, open }: Scene): Judged => {
  const rulesets: readonly NetfilterRuleset[] = [{ tables: all }]
  const [mixed] = all
  if (mixed === undefined) throw new Error('no table')
  const made = insertions.map(({ chain, at, matches: asked, accepts, isAlike }) => {
    const before = mixed.chains.find(({ name }) => name === chain)?.rules[at] ?? null
    const matches = isAlike && before !== null ? before.steps.slice(0, -1) : asked
    return {
      table: mixed,
      chain,
      before,
      rule: ruleOf('mixed', chain, -1, [
        ...matches,
        accepts ? verdict('accept') : { kind: 'reject', with: null },
      ]),
    }
  })
  const planned = withInsertions(rulesets, made)
  const inserted = new Set(made.map(({ rule }) => rule))
  const forward = planned[0]?.tables[0]?.chains.find(({ name }) => name === 'filter forward')
  const dropping = mixed.chains.flatMap(({ rules }) => rules.filter(({ steps }) => steps.some(isDrop)))
  return {
    follower: prepareFollower(facts, planned),
    inserted,
    passedBy: new Set<object>([
      ...inserted,
      ...(culprits.policy && forward !== undefined ? [forward] : []),
      ...culprits.rules.flatMap((at) => dropping[at] ?? []),
    ]),
    open: () => open,
    ownPorts: () => null,
    mayFollow: () => true,
  }
}

const isDrop = (step: Step): boolean => step.kind === 'verdict' && step.verdict.kind === 'drop'

/** Without bridged packets, which suspects leave out too. */
export const routed: Region = { ...region, daddr: setOf('192.0.2.2', '203.0.113.2', '172.17.42.1') }

export const packetsOf = (all: Region): readonly Point[] =>
  valuesIn(all.saddr).flatMap((saddr) =>
    valuesIn(all.daddr).flatMap((daddr) =>
      valuesIn(region.sport).flatMap((sport) =>
        valuesIn(region.dport).map((dport) => ({ saddr, daddr, sport, dport })),
      ),
    ),
  )

function valuesIn({ starts, ends }: RangeSet): readonly number[] {
  return starts.flatMap((start, at) =>
    Array.from({ length: Number(ends[at]) - Number(start) + 1 }, (_, more) => Number(start) + more),
  )
}
