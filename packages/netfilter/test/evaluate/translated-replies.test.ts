import { describe, expect, test } from '@jest/globals'
import {
  compare,
  conntrackState,
  conntrackStatus,
  constant,
  evaluate,
  field,
  oneOf,
  type Packet,
  type Step,
} from '../../src/index.ts'
import { accept, base, ctState, drop, facts, from, fromLan, ruleset, table, tcpDport } from './model.ts'
import { notrack, publish } from './published-port.ts'

describe('the answer', () => {
  const onlyNew = [tcpDport(80), accept] as const
  const forwardDrop = (...rules: readonly (readonly Step[])[]): ReturnType<typeof base> =>
    base('forward', 0, { policy: 'drop', name: 'FORWARD' }, ...rules)

  test('is dropped where only the first direction is accepted, and the culprit is on its way', () => {
    const found = evaluate(fromLan, facts, ruleset(table({}, publish, forwardDrop(onlyNew))))
    expect(found).toMatchObject({
      outcome: 'dropped',
      at: { address: '172.17.0.2' },
      culprit: { chain: 'FORWARD', position: 'policy' },
    })
    expect(found.trace.at(-1)).toMatchObject({ direction: 'reply', hook: 'forward', verdict: 'drop' })
  })

  test.each([
    ['ct state established', ctState(conntrackState.established)],
    [
      'ct status dnat',
      compare(
        {
          kind: 'bitwise',
          operator: 'and',
          left: { kind: 'conntrack', key: 'status' },
          right: constant(conntrackStatus.dnat),
        },
        oneOf(0),
        true,
      ),
    ],
    [
      'the original destination port',
      compare({ kind: 'conntrack-tuple', key: 'dport', direction: 'original', family: null }, oneOf(8080)),
    ],
  ])('passes a policy of drop with %s', (_name, match) => {
    const rules = table({}, publish, forwardDrop([...onlyNew], [match, accept]))
    expect(evaluate(fromLan, facts, ruleset(rules)).outcome).toBe('forwarded')
    expect(evaluate(fromLan, facts, ruleset(table({}, publish, forwardDrop([match, drop])))).outcome).toBe(
      'dropped',
    )
  })

  test('ct status dnat alone passes both directions', () => {
    const status = compare(
      { kind: 'bitwise', operator: 'and', left: { kind: 'conntrack', key: 'status' }, right: constant(32) },
      oneOf(0),
      true,
    )
    expect(evaluate(fromLan, facts, ruleset(table({}, publish, forwardDrop([status, accept])))).outcome).toBe(
      'forwarded',
    )
    expect(
      evaluate(
        { ...fromLan, destination: '172.17.0.2', destinationPort: 80 },
        facts,
        ruleset(table({}, publish, forwardDrop([status, accept]))),
      ).outcome,
    ).toBe('dropped')
  })

  test('that is not tracked keeps the container as its source, and fits no question', () => {
    const raw = base('prerouting', -300, {}, [from('172.17.0.2'), notrack])
    const found = evaluate(fromLan, facts, ruleset(table({}, raw, publish)))
    expect(found).toMatchObject({ outcome: 'dropped', certainty: 'certain', culprit: { tool: 'kernel' } })
    expect(
      found.trace.some(({ verdict: what, direction }) => what === 'notrack' && direction === 'reply'),
    ).toBe(true)
  })

  test('of a flow that is not tracked is invalid for TCP, and new for UDP', () => {
    const raw = base('prerouting', -300, {}, [from('192.0.2.9'), notrack])
    const stoppedAt = (state: number, packet: Packet = fromLan): number | undefined => {
      const rules = ruleset(table({}, raw, base('output', 0, {}, [ctState(state), drop])))
      const { outcome, trace } = evaluate(packet, facts, rules)
      return outcome === 'dropped' ? trace.at(-1)?.packet : undefined
    }
    expect(stoppedAt(conntrackState.invalid)).toBe(2)
    expect(stoppedAt(conntrackState.new, { ...fromLan, protocol: 'udp' })).toBe(2)
    // What follows a handshake that was not seen is taken for a connection that began before.
    expect(stoppedAt(conntrackState.new)).toBe(4)
    expect(stoppedAt(conntrackState.established)).toBeUndefined()
  })

  test('of a ping is an echo reply, other ICMP has none', () => {
    const icmp = { ...fromLan, protocol: 'icmp', sourcePort: null, destinationPort: null }
    const type = (value: number): ReturnType<typeof compare> =>
      compare(field('icmp-type', { protocols: [1] }), oneOf(value))
    expect(evaluate(icmp, facts, ruleset(table({}, base('output', 0, {}, [type(0), drop])))).outcome).toBe(
      'dropped',
    )
    expect(
      evaluate({ ...icmp, icmpType: 3 }, facts, ruleset(table({}, base('output', 0, {}, [drop])))).outcome,
    ).toBe('local')
  })
})
