import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createFaresAlike } from '../../src/evaluate/flow/fares-alike.ts'
import { prepareFollower } from '../../src/evaluate/flow/follow.ts'
import { openFlow, readFirstPacket } from '../../src/evaluate/flow/open-flow.ts'
import { type Conclusion, tell } from '../../src/evaluate/flow/sum-up.ts'
import {
  bitwise,
  compare,
  conntrackState,
  conntrackStatus,
  constant,
  type ElementTable,
  type Expression,
  field,
  goTo,
  jumpTo,
  type MatchStep,
  type NetfilterRuleset,
  oneOf,
  type Packet,
  type Step,
  type Verdict,
  verdict,
} from '../../src/index.ts'
import {
  base,
  chain,
  ctState,
  dnat,
  facts,
  fromLan,
  hasMark,
  iif,
  nat,
  oif,
  ruleset,
  setMark,
  table,
} from './model.ts'

const { new: NEW, established: EST, related: REL, invalid: INV } = conntrackState
const state: Expression = { kind: 'conntrack', key: 'state' }
const one = <const T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)

const negatable = (expression: Expression, ...values: readonly number[]): fc.Arbitrary<MatchStep> =>
  fc.tuple(one(...values), fc.boolean()).map(([value, no]) => compare(expression, oneOf(value), no))

/** Matches on what two packets of a flow may differ in, and on what they share. */
const match: fc.Arbitrary<MatchStep> = fc.oneof(
  one(ctState(NEW), ctState(EST), ctState(EST, REL), ctState(INV), ctState(NEW, REL)),
  negatable(state, NEW, EST),
  negatable({ kind: 'conntrack', key: 'direction' }, 0, 1),
  negatable({ kind: 'conntrack', key: 'mark' }, 0, 5),
  one(...Object.values(conntrackStatus)).chain((bit) =>
    negatable(bitwise('and', { kind: 'conntrack', key: 'status' }, bit), 0),
  ),
  one(2, 16, 18).chain((mask) =>
    negatable(bitwise('and', field('tcp-flags', { protocols: [6] }), mask), 0, mask, 16),
  ),
  negatable({ kind: 'conntrack-tuple', key: 'dport', direction: 'reply', family: null }, 80, 40000),
  one(iif('eth0'), iif('br-web'), oif('br-web'), hasMark(0), hasMark(9)),
  negatable(field('dport'), 80, 8080, 40000),
  fc.tuple(one(NEW, EST), one(5, 0)).map(
    ([bits, mark]): MatchStep => ({
      kind: 'any-of',
      alternatives: [[ctState(bits)], [compare(field('mark'), oneOf(mark))]],
      negated: false,
    }),
  ),
)

const leaf: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: one(verdict('accept'), verdict('accept'), verdict('drop'), verdict('return')) },
  { weight: 1, arbitrary: one(setMark(9), setMark({ kind: 'conntrack', key: 'mark' })) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'set', target: 'ct-mark', value: constant(5) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'reject', with: null }) },
)

const byState = (verdicts: readonly Verdict[]): Step => {
  const table: ElementTable = {
    name: null,
    elements: [NEW, EST].flatMap((bit, at) => {
      const found = verdicts[at]
      return found === undefined ? [] : [{ key: [oneOf(bit)], data: { kind: 'verdict', verdict: found } }]
    }),
    otherwise: null,
    complete: true,
  }
  return { kind: 'dispatch', key: [state], table }
}

const action = (below: readonly string[]): fc.Arbitrary<Step> => {
  if (below.length === 0) return leaf
  const leads = one(...below).chain((name) => one(jumpTo(name), goTo(name)))
  const plain: fc.Arbitrary<Verdict> = one({ kind: 'accept' }, { kind: 'drop' }, { kind: 'return' })
  const map = fc.array(plain, { minLength: 1, maxLength: 2 }).map(byState)
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 3, arbitrary: leads },
    { weight: 1, arbitrary: map },
  )
}

const rules = (below: readonly string[], most: number): fc.Arbitrary<readonly (readonly Step[])[]> =>
  fc.array(
    fc.tuple(fc.array(match, { maxLength: 2 }), action(below)).map(([some, last]) => [...some, last]),
    { maxLength: most },
  )

const hosts: fc.Arbitrary<NetfilterRuleset> = fc
  .record({
    policy: one('accept', 'drop'),
    forward: rules(['x', 'y'], 4),
    x: rules(['y'], 3),
    y: rules([], 3),
    early: rules([], 1),
    mangle: rules([], 1),
    input: rules(['y'], 3),
    translates: fc.boolean(),
    // Only first packets pass the nat chains. Later packets do not have a mark that these chains set.
    first: fc.constantFrom<readonly (readonly Step[])[]>([], [[setMark(9)]], [[jumpTo('mark')]]),
  })
  .map(({ policy, forward, x, y, early, mangle, input, translates, first }) =>
    ruleset(
      table(
        {},
        ...(translates ? [nat('prerouting', -100, ...first, [dnat('172.17.0.2', 80)])] : []),
        base('prerouting', -300, {}, ...early),
        base('prerouting', -150, {}, ...mangle),
        base('forward', 0, { policy }, ...forward),
        base('input', 0, { policy }, ...input),
        chain('x', ...x),
        chain('y', ...y),
        chain('mark', [setMark(9)]),
      ),
    ),
  )

const flows: fc.Arbitrary<Packet> = fc
  .tuple(one('tcp', 'udp'), one('192.0.2.2', '172.17.0.2'), one('eth0', null))
  .map(([protocol, destination, from]) => ({
    ...fromLan,
    protocol,
    destination,
    in: from,
    source: from === null ? null : '192.0.2.9',
  }))

const told = (conclusions: readonly Conclusion[]): readonly unknown[] =>
  conclusions.map((one) => tell(one, new Map()))

describe('packets that are not followed, since those before them came through', () => {
  test('would have come through', () => {
    let spared = 0
    let cutOff = 0
    fc.assert(
      fc.property(hosts, flows, (host, packet) => {
        const quick = prepareFollower(facts, [host], (...given) => {
          const ask = createFaresAlike(...given)
          return (...flow) => {
            const answer = ask(...flow)
            if (answer) spared += 1
            return answer
          }
        })
        const thorough = prepareFollower(facts, [host], () => () => false)
        const first = readFirstPacket(packet)
        const one = quick.follow(openFlow(quick.host, first)).conclusions
        const other = thorough.follow(openFlow(thorough.host, first)).conclusions
        if (other.some(({ end }) => end.world.packet > 2)) cutOff += 1
        expect(told(one)).toEqual(told(other))
      }),
      { numRuns: 4000 },
    )
    // Agreement on rare cases would mean little.
    expect(spared).toBeGreaterThan(400)
    expect(cutOff).toBeGreaterThan(20)
  })

  test('are those behind a rule that asks answers for the destination they came with', () => {
    const answers: boolean[] = []
    const guard = [
      compare({ kind: 'conntrack', key: 'direction' }, oneOf(1)),
      compare({ kind: 'conntrack-tuple', key: 'daddr', direction: 'reply', family: 'ip' }, oneOf(0x7f000001)),
      verdict('drop'),
    ]
    const host = ruleset(
      table(
        {},
        nat('prerouting', -100, [dnat('172.17.0.2', 80)]),
        base('forward', 0, {}, guard),
        base('input', 0, {}, guard),
      ),
    )
    const { follow, host: prepared } = prepareFollower(facts, [host], (...given) => {
      const ask = createFaresAlike(...given)
      return (...flow) => {
        const answer = ask(...flow)
        answers.push(answer)
        return answer
      }
    })
    follow(openFlow(prepared, readFirstPacket({ ...fromLan, protocol: 'tcp' })))
    expect(answers).toEqual([true])
  })
})
