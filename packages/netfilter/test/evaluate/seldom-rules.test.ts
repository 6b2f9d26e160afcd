import { describe, expect, test } from '@jest/globals'
import {
  bitwise,
  compare,
  conntrackStatus,
  evaluate,
  type NatStep,
  oneOf,
  type Packet,
  type Step,
} from '../../src/index.ts'
import { base, drop, facts, fromLan, masquerade, nat, ruleset, snat, table } from './model.ts'

/**
 * Each case was a disagreement in the differential test (test/kernel/differential.test.ts), where the kernel was right.
 */
describe('rules that are seldom, as kernels were seen to take them', () => {
  const own: Packet = { ...fromLan, in: null, source: null }

  test('a lookup of the way back at INPUT differs among kernels for what the host sends to itself', () => {
    const missing = compare(
      { kind: 'fib', of: 'saddr', result: 'present', limit: 'in', mark: false },
      oneOf(0),
    )
    const at = (packet: Packet): readonly string[] => {
      const { outcome, certainty } = evaluate(
        packet,
        facts,
        ruleset(table({}, base('input', 0, {}, [missing, drop]))),
      )
      return [outcome, certainty]
    }
    expect(at(own)[1]).toBe('possible')
    expect(at(fromLan)).toEqual(['local', 'certain'])
  })

  test.each(['ingress', 'egress'] as const)(
    'a chain at the %s of a bridge sees what the host forwards, and not what the bridge switches',
    (hook) => {
      const sketch = base(hook, 0, {}, [drop])
      const onBridge = {
        ...sketch,
        base: sketch.base === null ? null : { ...sketch.base, devices: ['br-web'] },
      }
      const rules = ruleset(table({ family: 'netdev' }, onBridge))
      const between: Packet = {
        ...fromLan,
        in: 'br-web',
        source: '172.17.0.2',
        destination: '172.17.0.3',
      }
      expect(evaluate(between, facts, rules).outcome).toBe('forwarded')
      const routed: Packet = { ...between, destination: '172.18.0.3' }
      const onward =
        hook === 'ingress'
          ? routed
          : { ...routed, in: 'br-db', source: '172.18.0.3', destination: '172.17.0.3' }
      expect(evaluate(onward, facts, rules).outcome).toBe('dropped')
    },
  )

  const isRandom = (step: NatStep, flag = 'random'): NatStep => ({ ...step, flags: [flag] })

  test('a rule that may give a random port leaves the old port and a new one to be seen', () => {
    const perhaps: Step = { kind: 'unknown-match', text: 'quota', random: false }
    const rules = ruleset(table({}, nat('input', 100, [perhaps, isRandom(snat('192.0.2.9'))])))
    const { seenAs, alternatives } = evaluate(fromLan, facts, rules)
    expect([seenAs, ...alternatives.map((one) => one.seenAs)].map((seen) => seen?.sourcePort)).toEqual([
      40000,
      [1024, 65535],
    ])
  })

  describe('a source that keeps its address counts as translated', () => {
    const translated = compare(
      bitwise('and', { kind: 'conntrack', key: 'status' }, conntrackStatus.snat),
      oneOf(0),
      true,
    )
    const outcomeWith = (step: NatStep): string =>
      evaluate(
        fromLan,
        facts,
        ruleset(table({}, nat('input', 100, [step]), base('input', 150, {}, [translated, drop]))),
      ).outcome
    const ports = (first: number, last: number): NatStep => ({
      ...snat('192.0.2.9'),
      port: { kind: 'range', first, last },
    })

    test.each([
      ['with a random port', isRandom(snat('192.0.2.9'))],
      ['with a fully random port', isRandom(snat('192.0.2.9'), 'fully-random')],
      ['with a random port of a range', isRandom(ports(30_000, 50_000))],
      ['with a range that lacks its port', ports(1024, 2048)],
    ])('%s', (_, step) => {
      expect(outcomeWith(step)).toBe('dropped')
    })

    test.each([
      ['not with any port', snat('192.0.2.9')],
      ['not with a range that has its port', ports(30_000, 50_000)],
      ['not with its own port, even at random', isRandom(ports(40_000, 40_000))],
    ])('%s', (_, step) => {
      expect(outcomeWith(step)).toBe('local')
    })
  })

  test('masquerading with random ports counts as translation for what the host sends to itself', () => {
    const rules = ruleset(
      table(
        {},
        nat('postrouting', 100, [isRandom(masquerade)]),
        base('input', 0, {}, [
          compare(bitwise('and', { kind: 'conntrack', key: 'status' }, conntrackStatus.snat), oneOf(0), true),
          drop,
        ]),
      ),
    )
    expect(evaluate(own, facts, rules).outcome).toBe('dropped')
  })
})
