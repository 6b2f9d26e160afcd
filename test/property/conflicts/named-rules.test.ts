import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import fc from 'fast-check'
import { runs } from '../support/runs.ts'
import { hostFacts, look } from './look.ts'
import { comingIn, tableOf } from './nft-rules.ts'

/** A host with a second uplink, and with routing rules that match bits of the mark. */
const twoLines = (...routingRules: NonNullable<HostFacts['rules']>): HostFacts => ({
  ...hostFacts,
  routes: [
    ...(hostFacts.routes ?? []),
    { destination: 'default', gateway: '203.0.113.1', interface: 'eth1', table: 100 },
  ],
  rules: routingRules,
})

const asksLowBits = twoLines({ priority: 100, mark: 2, mask: 0xf, table: 100 })

/** The rules of a table and chain as iptables-save lists them, each with a number in its text. */
const savedOf = (rules: readonly Placed[]): string =>
  tables
    .map(([table, ...chains]) =>
      [
        `*${table}`,
        ...chains.map((chain) => `:${chain} ACCEPT [0:0]`),
        ...rules
          .filter((rule) => rule.table === table)
          .map(({ number, chain, text }) => `-A ${chain} -m comment --comment "rule ${number}" ${text}`),
        'COMMIT',
        '',
      ].join('\n'),
    )
    .join('')

const tables = [
  ['raw', 'PREROUTING', 'OUTPUT'],
  ['mangle', 'PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  ['nat', 'PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  ['filter', 'INPUT', 'FORWARD', 'OUTPUT'],
] as const

interface Placed {
  readonly table: string
  readonly chain: string
  readonly text: string
  readonly number: number
}

/** The numbers of the rules that conflicts name. */
const named = async (facts: HostFacts, rules: readonly Placed[]): Promise<readonly number[]> => {
  const { conflicts } = await look({ facts, saved: savedOf(rules) })
  const numbers = conflicts.flatMap(({ culprit }) => /rule (\d+)"/.exec(culprit?.text ?? '')?.[1] ?? [])
  return [...new Set(numbers.map(Number))].sort((a, b) => a - b)
}

const prerouting = (...texts: readonly string[]): readonly Placed[] =>
  texts.map((text, number) => ({ table: 'mangle', chain: 'PREROUTING', text, number }))

const answers = '-i pt-+ -p tcp -m tcp --sport 80'

describe('of the rules that set a mark', () => {
  test.each<readonly [string, HostFacts, readonly string[], readonly number[]]>([
    [
      'the one that sets bits which a routing rule asks for is named',
      asksLowBits,
      [`${answers} -j MARK --set-xmark 0x2/0xf`, `${answers} -j MARK --set-xmark 0x100/0x100`],
      [0],
    ],
    [
      'none is named where a route leads them away by itself',
      twoLines({ priority: 100, from: '172.30.1.0/24', table: 100 }),
      [`${answers} -j MARK --set-xmark 0x100/0x100`],
      [],
    ],
    [
      'both are named where each is enough',
      asksLowBits,
      [`${answers} -j MARK --set-xmark 0x2/0xf`, `${answers} -j MARK --set-xmark 0x2/0x2`],
      [0, 1],
    ],
    [
      'the last is named where it takes both',
      twoLines({ priority: 100, mark: 3, mask: 0xf, table: 100 }),
      [
        `${answers} -j MARK --set-xmark 0x1/0x1`,
        `${answers} -j MARK --set-xmark 0x2/0x2`,
        `${answers} -j MARK --set-xmark 0x10/0x10`,
      ],
      [1],
    ],
    [
      'the one that restores it is named, and not one behind it',
      asksLowBits,
      [
        '-i pt-+ -j CONNMARK --set-xmark 0x2/0xf',
        '-i pt-+ -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff',
        '-i pt-+ -j MARK --set-xmark 0x100/0x100',
      ],
      [1],
    ],
    [
      'one that takes it away is named, where what has none is led away',
      twoLines({ priority: 100, mark: 2, mask: 0xf, invert: true, table: 100 }),
      [
        '-j MARK --set-xmark 0x2/0xf',
        `${answers} -j MARK --set-xmark 0x0/0xf`,
        `${answers} -j MARK --set-xmark 0x100/0x100`,
      ],
      [1],
    ],
  ])('%s', async (_, facts, rules, expected) => {
    expect(await named(facts, prerouting(...rules))).toEqual(expected)
  })
})

test('of many rules that each set the bits one is named, and no route', async () => {
  const rules = prerouting(...Array.from({ length: 40 }, () => `${answers} -j MARK --set-xmark 0x2/0xf`))
  const { conflicts } = await look({ facts: asksLowBits, saved: savedOf(rules) })
  const culprits = conflicts.map(({ culprit }) => culprit?.text ?? '')
  expect(culprits).toContainEqual(expect.stringContaining('"rule 0"'))
  expect(culprits.filter((text) => !text.includes('"rule '))).toEqual([])
})

test('of rules of nft that set bits of a mark, the one whose bits a routing rule asks for is named', async () => {
  const meta = { meta: { key: 'mark' } }
  const or = (bits: number): object => ({ mangle: { key: meta, value: { '|': [meta, bits] } } })
  const rules = [
    [comingIn('pt-*'), or(2)],
    [comingIn('pt-*'), or(0x100)],
  ]
  const { conflicts } = await look({
    facts: asksLowBits,
    nft: [tableOf('ip', 'filter', 'prerouting', -150, ...rules)],
  })
  const positions = conflicts.flatMap(({ culprit }) => (culprit?.tool === 'nft' ? [culprit.position] : []))
  expect([...new Set(positions)]).toEqual([1])
})

const low = fc.constantFrom('0x1/0x1', '0x2/0x2', '0x2/0xf', '0x3/0xf', '0x0/0xf', '0x0/0x2')
const high = fc.constantFrom('0x100/0x100', '0x0/0x100', '0x100/0xf00')
const bits = fc.oneof(low, high)

const asked = fc.constantFrom(
  '',
  ' -i pt-+',
  ' -i eth0',
  ' -p tcp -m tcp --sport 80',
  ' -p tcp -m tcp --dport 8080',
  ' -m mark --mark 0x2/0xf',
  ' -m mark ! --mark 0x2/0x2',
  ' -m connmark --mark 0x2/0xf',
  ' -m conntrack --ctdir REPLY',
)

const marking = fc.oneof(
  { weight: 6, arbitrary: bits.map((value) => `-j MARK --set-xmark ${value}`) },
  { weight: 2, arbitrary: bits.map((value) => `-j CONNMARK --set-xmark ${value}`) },
  fc.constantFrom(
    '-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff',
    '-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff',
    '-j CONNMARK --restore-mark --nfmask 0xff00 --ctmask 0xff00',
    '-j ACCEPT',
    '-j DROP',
    '-j TTL --ttl-set 1',
    '-j TTL --ttl-set 64',
  ),
)

const rule = fc
  .tuple(
    fc.constantFrom(
      ['mangle', 'PREROUTING'],
      ['mangle', 'PREROUTING'],
      ['mangle', 'PREROUTING'],
      ['mangle', 'PREROUTING'],
      ['mangle', 'OUTPUT'],
      ['mangle', 'FORWARD'],
    ),
    asked,
    marking,
  )
  .map(([[table = '', chain = ''], what, then]) => ({ table, chain, text: `${what} ${then}`.trim() }))

const routing = fc.uniqueArray(
  fc.constantFrom<NonNullable<HostFacts['rules']>[number]>(
    { priority: 100, mark: 2, mask: 0xf, table: 100 },
    { priority: 101, mark: 2, mask: 0x2, table: 100 },
    { priority: 102, mark: 3, mask: 0x3, table: 100 },
    { priority: 103, mark: 2, mask: 0xf, invert: true, table: 100 },
    { priority: 104, mark: 0x100, mask: 0x100, table: 101 },
    { priority: 105, from: '172.30.1.10/32', mark: 1, mask: 1, table: 100 },
  ),
  { minLength: 1, maxLength: 2, selector: ({ priority }) => priority },
)

test('each rule that is named would be named if the others that are named were not there', async () => {
  let told = 0
  await fc.assert(
    fc.asyncProperty(routing, fc.array(rule, { minLength: 2, maxLength: 6 }), async (routingRules, texts) => {
      const facts = twoLines(...routingRules)
      const rules = texts.map((one, number) => ({ ...one, number }))
      const all = await named(facts, rules)
      for (const one of all) {
        const left = rules.filter(({ number }) => number === one || !all.includes(number))
        expect([savedOf(rules), all, one, await named(facts, left)]).toEqual([
          savedOf(rules),
          all,
          one,
          expect.arrayContaining([one]),
        ])
        told += 1
      }
    }),
    runs(60),
  )
  expect(told).toBeGreaterThan(10)
}, 600_000)
