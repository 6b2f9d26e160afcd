import { describe, expect, test } from '@jest/globals'
import {
  compare,
  conntrackState,
  conntrackStatus,
  constant,
  type ElementTable,
  evaluate,
  field,
  type NatStep,
  oneOf,
  type Packet,
  type Step,
  verdict,
} from '../../src/index.ts'
import {
  accept,
  base,
  ctState,
  dnat,
  drop,
  facts,
  from,
  fromLan,
  masquerade,
  nat,
  oif,
  ruleset,
  snat,
  table,
  tcpDport,
} from './model.ts'

const endpoints = [{ address: '172.17.0.2', interface: 'br-web' }]
const publish = nat('prerouting', -100, [tcpDport(8080), dnat('172.17.0.2', 80)])
const notrack: Step = { kind: 'notrack', text: 'notrack' }

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

describe('source translation', () => {
  const egress = {
    ...fromLan,
    in: 'br-web',
    source: '172.17.0.2',
    destination: '198.51.100.9',
    destinationPort: 443,
  }

  test('masquerade takes the address of the interface the packet leaves by', () => {
    const rules = ruleset(table({}, nat('postrouting', 100, [oif('eth1'), masquerade])))
    expect(evaluate(egress, facts, rules)).toMatchObject({
      outcome: 'forwarded',
      at: { interface: 'eth1' },
      seenAs: { source: '198.51.100.2', sourcePort: [1024, 65535] },
    })
  })

  test('masquerade prefers the address of the prefix the next hop is in', () => {
    const more = {
      ...facts,
      interfaces: [
        ...(facts.interfaces ?? []),
        { name: 'eth2', index: 9, addresses: ['203.0.113.1/25', '203.0.113.129/25'] },
      ],
    }
    const rules = ruleset(table({}, nat('postrouting', 100, [masquerade])))
    expect(evaluate({ ...egress, destination: '203.0.113.200' }, more, rules).seenAs?.source).toBe(
      '203.0.113.129',
    )
    expect(evaluate({ ...egress, destination: '203.0.113.100' }, more, rules).seenAs?.source).toBe(
      '203.0.113.1',
    )
  })

  test('masquerade of an interface without address takes another one’s, and drops when there is none', () => {
    const bare = {
      interfaces: [
        { name: 'lo', index: 1 },
        { name: 'tun0', index: 2 },
      ],
      routes: [{ destination: 'default', interface: 'tun0' }],
    }
    const rules = ruleset(table({}, nat('postrouting', 100, [masquerade])))
    const found = evaluate({ ...egress, in: 'br-web' }, bare, rules)
    expect(found).toMatchObject({ outcome: 'dropped', culprit: { position: 1 } })
  })

  test('both sides are bound independently', () => {
    const rules = ruleset(table({}, publish, nat('postrouting', 100, [snat('172.17.0.1')])))
    expect(evaluate(fromLan, facts, rules)).toMatchObject({
      outcome: 'forwarded',
      at: { address: '172.17.0.2' },
      seenAs: { source: '172.17.0.1' },
    })
  })

  test('a filter behind it in postrouting sees the new source', () => {
    const rules = (priority: number): ReturnType<typeof ruleset> =>
      ruleset(
        table(
          {},
          nat('postrouting', 100, [oif('eth1'), masquerade]),
          base('postrouting', priority, {}, [from('172.17.0.2'), drop]),
        ),
      )
    expect(evaluate(egress, facts, rules(101)).outcome).toBe('forwarded')
    expect(evaluate(egress, facts, rules(99)).outcome).toBe('dropped')
  })

  test('SNAT in input changes what a local process sees', () => {
    const rules = ruleset(table({}, nat('input', 100, [snat('192.0.2.77')])))
    expect(evaluate(fromLan, facts, rules)).toMatchObject({
      outcome: 'local',
      seenAs: { source: '192.0.2.77' },
    })
  })

  test('a low source port stays a low port', () => {
    const rules = ruleset(table({}, nat('postrouting', 100, [masquerade])))
    expect(evaluate({ ...egress, sourcePort: 500 }, facts, rules).seenAs?.sourcePort).toEqual([1, 511])
    expect(evaluate({ ...egress, sourcePort: 900 }, facts, rules).seenAs?.sourcePort).toEqual([600, 1023])
  })

  test('accept in an earlier chain leaves the source alone only in its own chain', () => {
    const rules = ruleset(
      table({}, nat('postrouting', 90, [verdict('accept')]), nat('postrouting', 100, [masquerade])),
    )
    expect(evaluate(egress, facts, rules).seenAs?.source).toBe('198.51.100.2')
  })
})
