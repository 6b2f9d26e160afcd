import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hasValue, type RangeSet } from '../../src/address/range-set.ts'
import { prepareFollower } from '../../src/evaluate/flow/follow.ts'
import { openFlow } from '../../src/evaluate/flow/open-flow.ts'
import type { Learner } from '../../src/evaluate/learn/learner.ts'
import { noOrigins } from '../../src/evaluate/packet/origins.ts'
import { between, compare, field, named, type Step, verdict } from '../../src/index.ts'
import { base, facts, ruleset, table } from './model.ts'

/** The number of addresses and of ports. */
const counts = { saddr: 64, dport: 200 } as const
const first = { saddr: 0xc0000240, dport: 8000 } as const
type Free = keyof typeof first
const all: Readonly<Record<Free, RangeSet>> = {
  saddr: { starts: [first.saddr], ends: [first.saddr + counts.saddr - 1] },
  dport: { starts: [first.dport], ends: [first.dport + counts.dport - 1] },
}
const valuesOf = (name: Free): readonly number[] =>
  Array.from({ length: counts[name] }, (_, at) => first[name] + at)

/** A rule that drops packets of these values, by what it asks in order. */
interface Rule {
  readonly from: string | null
  readonly asks: readonly { readonly name: Free; readonly first: number; readonly last: number }[]
}

const range = (name: Free, at: number, more: number): Rule['asks'][number] => ({
  name,
  first: first[name] + at,
  last: first[name] + Math.min(at + more, counts[name] - 1),
})

/** No two rules match the same port: otherwise they would be a list of bans. */
const rules: fc.Arbitrary<readonly Rule[]> = fc
  .uniqueArray(fc.nat(counts.dport - 1), { minLength: 160, maxLength: 180 })
  .chain((ports) =>
    fc.tuple(
      ...ports.map((port) =>
        fc
          .record({
            source: fc.nat(counts.saddr - 1),
            more: fc.nat(8),
            shape: fc.constantFrom('source first', 'port first', 'port', 'by interface'),
            from: fc.constantFrom('eth0', 'eth1'),
          })
          .map(({ source, more, shape, from }): Rule => {
            const [ofSource, ofPort] = [range('saddr', source, more), range('dport', port, 0)]
            const asks =
              shape === 'port' ? [ofPort] : shape === 'port first' ? [ofPort, ofSource] : [ofSource, ofPort]
            return { from: shape === 'by interface' ? from : null, asks }
          }),
      ),
    ),
  )

const stepsOf = ({ from, asks }: Rule): readonly Step[] => [
  ...(from === null ? [] : [compare(field('iifname'), named(from))]),
  ...asks.map((one) =>
    compare(
      one.name === 'saddr' ? field('saddr', { family: 'ip' }) : field('dport', { protocols: [6] }),
      between(one.first, one.last),
    ),
  ),
  verdict('drop'),
]

/** The values that a packet may have instead, and go the same way: what each rule tells when it is asked for itself. */
const toldOneByOne = (
  of: readonly Rule[],
  point: Readonly<Record<Free, number>>,
): Readonly<Record<Free, readonly number[]>> => {
  const left = { saddr: valuesOf('saddr'), dport: valuesOf('dport') }
  for (const { from, asks } of of) {
    if (from === 'eth1') continue
    const refused = asks.find((one) => point[one.name] < one.first || point[one.name] > one.last)
    const told = refused === undefined ? asks : [refused]
    for (const one of told)
      left[one.name] = left[one.name].filter(
        (value) => (one.first <= value && value <= one.last) === (refused === undefined),
      )
    if (refused === undefined) break
  }
  return left
}

test('of many rules that ask for ranges of the same fields, the same is told as of each, and at once', () => {
  let dropped = 0
  fc.assert(
    fc.property(rules, fc.nat(counts.saddr - 1), fc.nat(counts.dport - 1), (of, source, port) => {
      const point = { saddr: first.saddr + source, dport: first.dport + port }
      const learner: Learner = {
        origins: { ...noOrigins, saddr: 'saddr', dport: 'dport' },
        values: new Map([
          ['saddr', point.saddr],
          ['dport', point.dport],
        ] as const),
        region: all,
        ...{ conditions: [], exclusions: [], speaksForOthers: false, leadsTo: null, alike: null },
        ...{ isLenient: false, blurred: false, skipsForeign: false, ignored: new Set() },
        ...{ watched: null, hasActed: false, checks: null, isThorough: false, hasAskedMember: false },
      }
      const follower = prepareFollower(facts, [
        ruleset(table({}, base('prerouting', -150, {}, ...of.map(stepsOf)))),
      ])
      const { conclusions } = follower.follow(
        openFlow(
          follower.host,
          {
            ...{ family: 'ip', protocol: 6, in: 'eth0', port: null, state: 'new', mark: 0 },
            ...{ tcpFlags: null, icmpType: null, icmpCode: 0 },
            ...{ saddr: point.saddr, daddr: 0xc0000202, sport: 40_000, dport: point.dport },
          },
          learner,
        ),
      )
      const wanted = toldOneByOne(of, point)
      for (const name of ['saddr', 'dport'] as const) {
        const told = learner.conditions.filter((one) => one.field === name)
        const left = valuesOf(name).filter((value) =>
          told.every(({ set, inside }) => hasValue(set, value) === inside),
        )
        expect(left).toEqual(wanted[name])
      }
      // Of three packets at most, in four tables of two fields. Of few rules in one form, each is told.
      expect(learner.conditions.length).toBeLessThan(80)
      if (conclusions.every(({ end }) => end.kind === 'dropped')) dropped += 1
    }),
    { numRuns: 40 },
  )
  expect(dropped).toBeGreaterThan(2)
})
