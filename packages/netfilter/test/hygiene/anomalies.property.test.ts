import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Anomaly, findAnomalies } from '../../src/hygiene/index.ts'
import {
  between,
  compare,
  field,
  type HostFacts,
  jumpTo,
  type MatchStep,
  type NetfilterTable,
  named,
  oneOf,
  type Packet,
  prepare,
  type Step,
  verdict,
} from '../../src/index.ts'
import { accept, base, chain, drop, facts, hasMark, ruleset, setMark, table } from '../evaluate/model.ts'
import { anyPacket } from './packets.ts'

const LAN = 0xc0000200

const host: HostFacts = {
  ...facts,
  interfaces: [
    ...(facts.interfaces ?? []),
    { name: 'eth7', index: 7, up: true, kind: 'ether' },
    { name: 'wg0', index: 8, up: true, kind: 'wireguard' },
  ],
}

/**
 * A packet for each combination that the matches below distinguish, and for each field a value that none of them names.
 */
const universe: readonly Packet[] = ['eth0', 'eth1', 'eth7', 'br-web', 'wg0'].flatMap((link) =>
  [4, 5, 6, 7, 200].flatMap((last) =>
    ['tcp', 'udp', 'sctp', 'icmp'].flatMap((protocol) =>
      (protocol === 'icmp' ? [null] : [8000, 8001, 8002, 8003, 9999]).map(
        (port): Packet => ({
          family: 'ip',
          in: link,
          source: `192.0.2.${last}`,
          sourcePort: port === null ? null : 40000,
          destination: '192.0.2.2',
          destinationPort: port,
          protocol,
        }),
      ),
    ),
  ),
)

const port = fc.integer({ min: 8000, max: 8003 })
const lastByte = fc.integer({ min: 4, max: 7 })
const span = (of: fc.Arbitrary<number>): fc.Arbitrary<readonly [number, number]> =>
  fc.tuple(of, of).map(([a, b]) => [Math.min(a, b), Math.max(a, b)])
const protocols = fc.constantFrom<readonly number[]>([6], [17], [6, 17, 132])

const plainMatch: fc.Arbitrary<MatchStep> = fc.oneof(
  fc
    .tuple(span(port), protocols, fc.boolean())
    .map(([[first, last], of, negated]) =>
      compare(field('dport', { protocols: of }), between(first, last), negated),
    ),
  fc
    .tuple(span(lastByte), fc.boolean())
    .map(([[first, last], negated]) =>
      compare(field('saddr', { family: 'ip' }), between(LAN + first, LAN + last), negated),
    ),
  fc
    .tuple(fc.constantFrom('eth0', 'eth1', 'eth', 'b'), fc.boolean())
    .map(([name, negated]) => compare(field('iifname'), named(name, { wildcard: name.length < 4 }), negated)),
  fc
    .tuple(fc.subarray([6, 17, 132], { minLength: 1 }), fc.boolean())
    .map(([numbers, negated]) => compare(field('l4proto'), oneOf(...numbers), negated)),
)

const match: fc.Arbitrary<MatchStep> = fc.oneof(
  { weight: 6, arbitrary: plainMatch },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.array(fc.array(plainMatch, { minLength: 1, maxLength: 2 }), { maxLength: 3 }), fc.boolean())
      .map(([alternatives, negated]): MatchStep => ({ kind: 'any-of', alternatives, negated })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.array(fc.tuple(lastByte, port), { minLength: 1, maxLength: 4 }), fc.boolean()).map(
      ([keys, negated]): MatchStep => ({
        kind: 'lookup',
        key: [field('saddr', { family: 'ip' }), field('dport', { protocols: [6, 17, 132] })],
        table: {
          name: null,
          elements: keys.map(([a, b]) => ({ key: [oneOf(LAN + a), oneOf(b)], data: { kind: 'member' } })),
          otherwise: null,
          complete: true,
        },
        negated,
      }),
    ),
  },
)

const unknown: MatchStep = { kind: 'unknown-match', text: '-m bpf --bytecode 1', random: false }
const reject: Step = { kind: 'reject', with: null }
const ending = fc.constantFrom<Step>(accept, accept, drop, drop, reject, verdict('return'))
const rule = fc
  .tuple(fc.array(match, { maxLength: 3 }), ending)
  .map(([matches, end]): readonly Step[] => [...matches, end])

/** Rules that do more than decide about packets: marks that other rules match, jumps, unknown matches. */
const odd: fc.Arbitrary<readonly Step[]> = fc.oneof(
  { weight: 8, arbitrary: rule },
  {
    weight: 1,
    arbitrary: fc.tuple(match, fc.constantFrom(1, 2)).map(([one, mark]) => [one, setMark(mark)]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(0, 1, 2), match, ending)
      .map(([mark, one, end]) => [hasMark(mark), one, end]),
  },
  {
    weight: 1,
    arbitrary: match.map((one) => [one, jumpTo('more')]),
  },
  { weight: 1, arbitrary: fc.tuple(match, ending).map(([one, end]) => [one, unknown, end]) },
)

type Rules = readonly (readonly Step[])[]

const hostOf = (rules: Rules, policy: 'accept' | 'drop'): NetfilterTable =>
  table(
    { family: 'ip', tool: 'iptables-nft', name: 'filter' },
    base('input', 0, { policy, name: 'INPUT' }, ...rules),
    chain('more', [hasMark(1), drop], [compare(field('l4proto'), oneOf(17)), setMark(2)]),
  )

const anomaliesIn = (rules: Rules, policy: 'accept' | 'drop'): readonly Anomaly[] =>
  findAnomalies([ruleset(hostOf(rules, policy))], { packets: [anyPacket] })

const outcomes = (rules: Rules, policy: 'accept' | 'drop'): readonly string[] => {
  const { evaluate } = prepare(host, ruleset(hostOf(rules, policy)))
  return universe.map((packet) => {
    const { outcome, certainty, alternatives } = evaluate(packet)
    return [certainty, ...new Set([outcome, ...alternatives.map((one) => one.outcome)].sort())].join(' ')
  })
}

const without = (rules: Rules, positions: readonly number[]): Rules =>
  rules.filter((_, at) => !positions.includes(at + 1))

const policies = fc.constantFrom<'accept' | 'drop'>('accept', 'drop')

test('whatever it says can be deleted can be, one rule or all of them, and no packet fares otherwise', () => {
  let removed = 0
  fc.assert(
    fc.property(fc.array(odd, { minLength: 2, maxLength: 9 }), policies, (rules, policy) => {
      const removable = anomaliesIn(rules, policy)
        .filter(({ remedy }) => remedy !== null)
        .map(({ rule: { position } }) => position)
      const before = outcomes(rules, policy)
      for (const position of removable) expect(outcomes(without(rules, [position]), policy)).toEqual(before)
      expect(outcomes(without(rules, removable), policy)).toEqual(before)
      removed += removable.length
    }),
    { numRuns: 100 },
  )
  expect(removed).toBeGreaterThan(40)
})

test('no rule that never acts, since those before it end all it matches, is missed', () => {
  let silent = 0
  fc.assert(
    fc.property(fc.array(rule, { minLength: 2, maxLength: 9 }), policies, (rules, policy) => {
      const { evaluate } = prepare(host, ruleset(hostOf(rules, policy)))
      const acting = new Set(
        universe.flatMap((packet) => evaluate(packet).trace.map(({ position }) => position)),
      )
      const found = new Set(
        anomaliesIn(rules, policy)
          .filter(
            ({ kind, certainty, rule: { position }, others }) =>
              certainty === 'certain' &&
              (kind === 'Shadowing' || (kind === 'Redundancy' && (others[0]?.position ?? 0) < position)),
          )
          .map(({ rule: { position } }) => position),
      )
      for (const [at, steps] of rules.entries()) {
        const alone = prepare(host, ruleset(hostOf([steps], policy)))
        const matches = universe.some((packet) =>
          alone.evaluate(packet).trace.some(({ position }) => position === 1),
        )
        if (!matches) continue
        if (!acting.has(at + 1)) silent += 1
        expect([at + 1, found.has(at + 1)]).toEqual([at + 1, !acting.has(at + 1)])
      }
    }),
    { numRuns: 100 },
  )
  expect(silent).toBeGreaterThan(40)
})
