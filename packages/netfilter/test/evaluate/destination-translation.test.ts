import { describe, expect, test } from '@jest/globals'
import { compare, type ElementTable, evaluate, field, type NatStep, oneOf } from '../../src/index.ts'
import { accept, base, dnat, drop, facts, fromLan, nat, ruleset, table, tcpDport } from './model.ts'
import { notrack, publish } from './published-port.ts'

const endpoints = [{ address: '172.17.0.2', interface: 'br-web' }]

describe('destination translation', () => {
  test('a published port is delivered, and the container sees the client', () => {
    expect(evaluate(fromLan, facts, ruleset(table({}, publish)), { endpoints })).toMatchObject({
      outcome: 'delivered',
      certainty: 'certain',
      at: { address: '172.17.0.2', port: 80, interface: 'br-web' },
      seenAs: { source: '192.0.2.9', sourcePort: 40000 },
      culprit: null,
    })
  })

  test('without endpoints of ours, or behind another interface, it is only forwarded', () => {
    const rules = ruleset(table({}, publish))
    expect(evaluate(fromLan, facts, rules).outcome).toBe('forwarded')
    const elsewhere = [{ address: '172.17.0.2', interface: 'br-db' }]
    expect(evaluate(fromLan, facts, rules, { endpoints: elsewhere }).outcome).toBe('forwarded')
  })

  test('accept in an earlier nat chain does not stop a later nat chain', () => {
    const earlier = nat('prerouting', -150, [accept])
    expect(evaluate(fromLan, facts, ruleset(table({}, earlier, publish))).at?.address).toBe('172.17.0.2')
  })

  test('accept within the same nat chain does stop it', () => {
    const same = nat('prerouting', -100, [accept], [tcpDport(8080), dnat('172.17.0.2', 80)])
    expect(evaluate(fromLan, facts, ruleset(table({}, same))).outcome).toBe('local')
  })

  test('drop in a nat chain is final', () => {
    const drops = nat('prerouting', -150, [drop])
    expect(evaluate(fromLan, facts, ruleset(table({}, drops, publish))).outcome).toBe('dropped')
  })

  test('the first binding wins, across tools', () => {
    const legacy = table({ tool: 'iptables-legacy', family: 'ip', name: 'nat' }, publish)
    const ours = table({}, nat('prerouting', -105, [tcpDport(8080), dnat('172.18.0.7', 81)]))
    expect(evaluate(fromLan, facts, ruleset(legacy, ours)).at).toMatchObject({
      address: '172.18.0.7',
      port: 81,
    })
  })

  test('the priority of a nat chain orders it among nat chains only', () => {
    const early = nat('prerouting', -150, [tcpDport(8080), dnat('172.17.0.2', 80)])
    const filter = base('prerouting', -120, {}, [tcpDport(8080), drop])
    expect(evaluate(fromLan, facts, ruleset(table({}, early, filter))).outcome).toBe('dropped')
    const after = base('prerouting', -120, {}, [tcpDport(80), drop])
    expect(evaluate(fromLan, facts, ruleset(table({}, early, after))).outcome).toBe('forwarded')
  })

  test('a null address changes the port alone, and leads to the host', () => {
    const redirect = nat('prerouting', -100, [tcpDport(8080), dnat(null, 22)])
    expect(evaluate(fromLan, facts, ruleset(table({}, redirect)))).toMatchObject({
      outcome: 'local',
      at: { address: '192.0.2.2', port: 22 },
    })
  })

  test('redirect takes the first address of the interface the packet came in by', () => {
    const step: NatStep = { ...dnat(null, 22), type: 'redirect' }
    const rules = ruleset(table({}, nat('prerouting', -100, [step]), nat('output', -100, [step])))
    expect(evaluate({ ...fromLan, destination: '192.0.2.3' }, facts, rules).at).toMatchObject({
      address: '192.0.2.2',
      port: 22,
    })
    const own = evaluate(
      { ...fromLan, in: null, source: '192.0.2.2', destination: '192.0.2.99' },
      facts,
      rules,
    )
    expect(own).toMatchObject({ outcome: 'local', at: { address: '127.0.0.1', port: 22, interface: 'lo' } })
  })

  test('a shifted range keeps the distance from its base', () => {
    const shifted: NatStep = {
      ...dnat('172.17.0.2'),
      port: { kind: 'range', first: 80, last: 89 },
      shiftFrom: 8000,
    }
    const rules = ruleset(table({}, nat('prerouting', -100, [shifted])))
    expect(evaluate({ ...fromLan, destinationPort: 8007 }, facts, rules).at?.port).toBe(87)
  })

  test('a port that is in the range stays', () => {
    const range: NatStep = { ...dnat('172.17.0.2'), port: { kind: 'range', first: 8000, last: 8100 } }
    expect(evaluate(fromLan, facts, ruleset(table({}, nat('prerouting', -100, [range]))))).toMatchObject({
      certainty: 'certain',
      at: { port: 8080 },
    })
  })

  test('netmap keeps the host bits', () => {
    const netmap: NatStep = {
      ...dnat('172.17.0.0'),
      address: { kind: 'range', first: 0xac110000, last: 0xac1100ff },
      netmap: true,
    }
    const rules = ruleset(table({}, nat('prerouting', -100, [netmap])))
    expect(evaluate({ ...fromLan, destination: '192.0.2.3' }, facts, rules).at?.address).toBe('172.17.0.3')
  })

  test('a map of concatenated keys gives address and port together', () => {
    const elements: ElementTable = {
      name: 'dnat4',
      elements: [
        {
          key: [oneOf(6), oneOf(8080)],
          data: {
            kind: 'values',
            values: [
              { first: 0xac110002, last: 0xac110002 },
              { first: 80, last: 80 },
            ],
          },
        },
      ],
      otherwise: null,
      complete: true,
    }
    const part = (at: number): NatStep['address'] => ({
      kind: 'expression',
      expression: { kind: 'map', key: [field('l4proto'), field('dport')], table: elements, part: at },
    })
    const rules = ruleset(
      table({}, nat('prerouting', -100, [{ ...dnat(null), address: part(0), port: part(1) }])),
    )
    expect(evaluate(fromLan, facts, rules).at).toMatchObject({ address: '172.17.0.2', port: 80 })
    expect(evaluate({ ...fromLan, destinationPort: 81 }, facts, rules)).toMatchObject({
      outcome: 'local',
      at: { port: 81 },
    })
  })

  test('a balancer reaches any of its targets, and that is certain', () => {
    const targets: ElementTable = {
      name: null,
      elements: [2, 3, 4].map((at) => ({
        key: [oneOf(at - 2)],
        data: { kind: 'values', values: [{ first: 0xac110000 + at, last: 0xac110000 + at }] },
      })),
      otherwise: null,
      complete: true,
    }
    const numgen = {
      kind: 'unknown',
      text: 'numgen inc mod 3',
      random: true,
      range: { first: 0, last: 2 },
    } as const
    const step: NatStep = {
      ...dnat(null, 80),
      address: { kind: 'expression', expression: { kind: 'map', key: [numgen], table: targets, part: 0 } },
    }
    const found = evaluate(fromLan, facts, ruleset(table({}, nat('prerouting', -100, [step]))))
    expect(found).toMatchObject({ outcome: 'forwarded', certainty: 'certain' })
    expect([found.at, ...found.alternatives.map(({ at }) => at)].map((at) => at?.address)).toEqual([
      '172.17.0.2',
      '172.17.0.3',
      '172.17.0.4',
    ])
  })

  test('an entry that is there already keeps its binding: no rule is asked', () => {
    expect(evaluate({ ...fromLan, state: 'established' }, facts, ruleset(table({}, publish))).outcome).toBe(
      'local',
    )
  })

  test('what is not tracked is not translated, and reaches the host', () => {
    const raw = base('prerouting', -300, {}, [tcpDport(8080), notrack])
    expect(evaluate(fromLan, facts, ruleset(table({}, raw, publish))).outcome).toBe('local')
    expect(evaluate({ ...fromLan, state: 'untracked' }, facts, ruleset(table({}, publish))).outcome).toBe(
      'local',
    )
    expect(evaluate({ ...fromLan, state: 'invalid' }, facts, ruleset(table({}, publish))).outcome).toBe(
      'local',
    )
  })

  test('notrack after connection tracking comes too late', () => {
    const late = base('prerouting', -150, {}, [tcpDport(8080), notrack])
    expect(evaluate(fromLan, facts, ruleset(table({}, late, publish))).outcome).toBe('forwarded')
  })

  test('raw rules see the address that was asked for, forward rules the translated one', () => {
    const raw = base('prerouting', -300, {}, [
      compare(field('daddr', { family: 'ip' }), oneOf(0xac110002)),
      drop,
    ])
    expect(evaluate(fromLan, facts, ruleset(table({}, raw, publish))).outcome).toBe('forwarded')
    const forward = base('forward', 0, {}, [tcpDport(80), drop])
    expect(evaluate(fromLan, facts, ruleset(table({}, forward, publish))).outcome).toBe('dropped')
  })
})
